"""A transformer encoder as data. One spec drives building, weight import, parameter and FLOP counts, and export.

Sources: BERT, https://arxiv.org/abs/1810.04805; MobileBERT, https://arxiv.org/abs/2004.02984 (table 1);
MiniLM, https://arxiv.org/abs/2002.10957. Field names follow the `config.json` of Hugging Face's transformers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from edgeline_worker.protocol import StageError


@dataclass(frozen=True)
class LayerSpec:
    """One layer; sizes are per layer so that a search may vary them."""

    heads: int
    intermediate_size: int
    feed_forward_networks: int = 1
    """MobileBERT only: how many, one after another, each with a norm of its own."""


@dataclass(frozen=True)
class HeadSpec:
    """A linear classifier with this many outputs."""

    labels: int


@dataclass(frozen=True)
class ModelSpec:
    """See docs/reference/artifacts.md, "Model spec". Sizes count elements, probabilities are 0 to 1."""

    family: str
    preset: str
    vocabulary_size: int
    hidden_size: int
    layers: tuple[LayerSpec, ...]
    max_positions: int = 512
    type_vocabulary_size: int = 2
    activation: str = "gelu"
    normalization: str = "layer_norm"
    layer_norm_epsilon: float = 1e-12
    dropout: float = 0.1
    attention_dropout: float = 0.1
    pooling: str = "cls"
    pooler: bool = True
    # MobileBERT only; for BERT they hold what makes its formulas the plain ones.
    embedding_size: int = 0
    trigram_input: bool = False
    intra_bottleneck_size: int = 0
    key_query_shared_bottleneck: bool = False
    head: HeadSpec | None = None

    def __post_init__(self) -> None:
        attention_size = self.attention_size
        for index, layer in enumerate(self.layers):
            if layer.heads < 1 or attention_size % layer.heads != 0:
                raise StageError(
                    "bad-spec",
                    f"layer {index} has {layer.heads} heads, which do not divide its attention size {attention_size}",
                )
            if self.family != "mobilebert" and layer.feed_forward_networks != 1:
                raise StageError(
                    "bad-spec", f"layer {index} has several feed-forward networks, which only MobileBERT has"
                )
        if self.family == "mobilebert" and not self.key_query_shared_bottleneck:
            raise StageError(
                "bad-spec",
                "a MobileBERT whose keys and queries do not share a bottleneck is not supported",
                "leave key_query_shared_bottleneck at true, as in the published model",
            )

    @property
    def attention_size(self) -> int:
        """Width of queries, keys, values and context: the bottleneck's in MobileBERT."""
        return self.intra_bottleneck_size if self.family == "mobilebert" else self.hidden_size

    def with_head(self, labels: int) -> ModelSpec:
        return replace(self, head=HeadSpec(labels))

    def to_json(self) -> dict[str, Any]:
        document = asdict(self)
        document["layers"] = [asdict(layer) for layer in self.layers]
        if self.family != "mobilebert":
            for name in MOBILEBERT_FIELDS:
                del document[name]
            for layer in document["layers"]:
                del layer["feed_forward_networks"]
        return {"schema": 1, **document}

    @staticmethod
    def from_json(document: dict[str, Any]) -> ModelSpec:
        fields = {name: value for name, value in document.items() if name != "schema"}
        fields["layers"] = tuple(LayerSpec(**layer) for layer in fields["layers"])
        if fields.get("head") is not None:
            fields["head"] = HeadSpec(**fields["head"])
        return ModelSpec(**fields)


MOBILEBERT_FIELDS = (
    "embedding_size",
    "trigram_input",
    "intra_bottleneck_size",
    "key_query_shared_bottleneck",
)


def parameter_shapes(spec: ModelSpec) -> dict[str, tuple[int, ...]]:
    """Every trainable tensor of the model: canonical name to shape, in a fixed order.

    Canonical names and layouts are those of Hugging Face's checkpoints without the `bert.` or `mobilebert.` prefix;
    a linear layer's `weight` is (outputs, inputs).
    """
    shapes: dict[str, tuple[int, ...]] = {}

    def linear(name: str, inputs: int, outputs: int) -> None:
        shapes[f"{name}.weight"] = (outputs, inputs)
        shapes[f"{name}.bias"] = (outputs,)

    def normalization(name: str, size: int) -> None:
        shapes[f"{name}.weight"] = (size,)
        shapes[f"{name}.bias"] = (size,)

    mobile = spec.family == "mobilebert"
    hidden, inner = spec.hidden_size, spec.attention_size
    shapes["embeddings.word_embeddings.weight"] = (spec.vocabulary_size, spec.embedding_size if mobile else hidden)
    if mobile:
        linear("embeddings.embedding_transformation", spec.embedding_size * (3 if spec.trigram_input else 1), hidden)
    shapes["embeddings.position_embeddings.weight"] = (spec.max_positions, hidden)
    shapes["embeddings.token_type_embeddings.weight"] = (spec.type_vocabulary_size, hidden)
    normalization("embeddings.LayerNorm", hidden)
    for index, layer in enumerate(spec.layers):
        prefix = f"encoder.layer.{index}"
        if mobile:
            for bottleneck in ("input", "attention"):
                linear(f"{prefix}.bottleneck.{bottleneck}.dense", hidden, inner)
                normalization(f"{prefix}.bottleneck.{bottleneck}.LayerNorm", inner)
        linear(f"{prefix}.attention.self.query", inner, inner)
        linear(f"{prefix}.attention.self.key", inner, inner)
        linear(f"{prefix}.attention.self.value", hidden, inner)
        linear(f"{prefix}.attention.output.dense", inner, inner)
        normalization(f"{prefix}.attention.output.LayerNorm", inner)
        for network in feed_forward_prefixes(spec, index):
            linear(f"{network}intermediate.dense", inner, layer.intermediate_size)
            linear(f"{network}output.dense", layer.intermediate_size, inner)
            normalization(f"{network}output.LayerNorm", inner)
        if mobile:
            linear(f"{prefix}.output.bottleneck.dense", inner, hidden)
            normalization(f"{prefix}.output.bottleneck.LayerNorm", hidden)
    if spec.pooler:
        linear("pooler.dense", hidden, hidden)
    if spec.head is not None:
        linear("classifier", hidden, spec.head.labels)
    return shapes


def feed_forward_prefixes(spec: ModelSpec, layer: int) -> list[str]:
    """Name prefixes of a layer's feed-forward networks, in the order in which they are applied.

    MobileBERT's last one has the name that BERT's only one has.
    """
    stacked = spec.layers[layer].feed_forward_networks - 1
    return [f"encoder.layer.{layer}.ffn.{index}." for index in range(stacked)] + [f"encoder.layer.{layer}."]


def parameter_count(spec: ModelSpec) -> int:
    """Number of trainable scalars."""
    total = 0
    for shape in parameter_shapes(spec).values():
        size = 1
        for extent in shape:
            size *= extent
        total += size
    return total


def multiply_accumulates(spec: ModelSpec, length: int) -> int:
    """Multiply-accumulate operations of one forward pass over `length` tokens; two FLOPs each.

    Linear layers and the two products of attention are counted; look-ups, norms and activations are not.
    """
    total = 0
    for name, shape in parameter_shapes(spec).items():
        if len(shape) == 2 and not name.endswith("_embeddings.weight"):
            positions = 1 if name.startswith(("pooler.", "classifier.")) else length
            total += positions * shape[0] * shape[1]
    return total + len(spec.layers) * 2 * length * length * spec.attention_size
