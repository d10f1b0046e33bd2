"""From what the user declares under `models:` to a `ModelSpec`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edgeline_worker.protocol import StageError
from edgeline_worker.spec import LayerSpec, ModelSpec

VOCABULARY_SIZE = 30522
"""Entries of the uncased English WordPiece vocabulary that all the presets share."""


def _bert(preset: str, hidden: int, layers: int, heads: int, **other: Any) -> ModelSpec:
    # Every published BERT has feed-forward networks four times as wide as its hidden state.
    layer = LayerSpec(heads=heads, intermediate_size=4 * hidden)
    return ModelSpec("bert", preset, VOCABULARY_SIZE, hidden, (layer,) * layers, **other)


PRESETS: dict[str, ModelSpec] = {
    spec.preset: spec
    for spec in (
        _bert("bert-large", 1024, 24, 16),
        _bert("bert-base", 768, 12, 12),
        # The small ones of https://arxiv.org/abs/1908.08962, table 1.
        _bert("bert-small", 512, 4, 8),
        _bert("bert-mini", 256, 4, 4),
        _bert("bert-tiny", 128, 2, 2),
        # Sentence encoders: trained with the mean over tokens, and their pooler never was.
        _bert("minilm-l6", 384, 6, 12, pooling="mean", pooler=False),
        _bert("minilm-l3", 384, 3, 12, pooling="mean", pooler=False),
        ModelSpec(
            family="mobilebert",
            preset="mobilebert",
            vocabulary_size=VOCABULARY_SIZE,
            hidden_size=512,
            layers=(LayerSpec(heads=4, intermediate_size=512, feed_forward_networks=4),) * 24,
            activation="relu",
            normalization="no_norm",
            dropout=0.0,
            # `classifier_activation` is false in the published configuration: the first token's state as it is.
            pooler=False,
            embedding_size=128,
            trigram_input=True,
            intra_bottleneck_size=128,
            key_query_shared_bottleneck=True,
        ),
    )
}

_SIMPLE_OVERRIDES = (
    "vocabulary_size",
    "hidden_size",
    "max_positions",
    "dropout",
    "attention_dropout",
    "pooling",
    "pooler",
)
_MOBILEBERT_OVERRIDES = ("embedding_size", "intra_bottleneck_size")
_LAYER_OVERRIDES = ("heads", "intermediate_size", "feed_forward_networks")

_TOLD_BY_CONFIG = (
    "family",
    "activation",
    "normalization",
    "layer_norm_epsilon",
    "trigram_input",
    "key_query_shared_bottleneck",
)
"""What shapes of tensors do not show: a preset must agree with the weights' `config.json` about it."""


def spec_of_declaration(declaration: dict[str, Any], config: dict[str, Any] | None = None) -> ModelSpec:
    """The encoder that a declaration means, without a head.

    `config` is the `config.json` that came with the weights. Without a preset it is what the declaration means;
    with one, the preset is, what shapes do not show is compared with it here, and shapes when tensors are read.
    Raises StageError `bad-model` for a declaration that names nothing we can build, or not what `config` describes.
    """
    preset = declaration.get("preset")
    described = None if config is None else spec_of_hugging_face_config(config)
    if preset is not None:
        if preset not in PRESETS:
            raise StageError("bad-model", f"no preset is called {preset!r}", f"presets: {', '.join(sorted(PRESETS))}")
        spec = PRESETS[preset]
    else:
        spec = described or PRESETS[_standard_preset(declaration)]
    family = declaration.get("family")
    if family is not None and family != spec.family:
        raise StageError("bad-model", f"the model is declared as family {family!r}, but it is a {spec.family!r}")
    if described is not None:
        _check_agreement(spec, described, declaration)
    return apply_overrides(spec, declaration)


def _check_agreement(spec: ModelSpec, described: ModelSpec, declaration: dict[str, Any]) -> None:
    differences = [
        f"{name} {getattr(described, name)}, not {getattr(spec, name)}"
        for name in _TOLD_BY_CONFIG
        if getattr(described, name) != getattr(spec, name)
    ]
    heads = [layer.heads for layer in described.layers[:1] + spec.layers[:1]]
    if "heads" not in declaration and heads[0] != heads[-1]:
        differences.append(f"heads {heads[0]}, not {heads[-1]}")
    if differences:
        raise StageError(
            "bad-model",
            f"the weights' config.json says {'; '.join(differences)} as the preset {spec.preset}",
            f"remove `preset` and write `family: {described.family}`: the sizes then come from config.json",
            file="config.json",
        )


def apply_overrides(spec: ModelSpec, declaration: dict[str, Any]) -> ModelSpec:
    """`layers` keeps the first n, or repeats the first one; sizes of layers are one number, or a list with one each.

    Raises StageError `bad-model` for a list of another length than there are layers, and for sizes of MobileBERT's in
    a BERT.
    """
    simple = _SIMPLE_OVERRIDES
    if spec.family == "mobilebert":
        simple += _MOBILEBERT_OVERRIDES
    else:
        for name in (*_MOBILEBERT_OVERRIDES, "feed_forward_networks"):
            if name in declaration:
                raise StageError("bad-model", f"{name} is a size of MobileBERT, but the model is a BERT")
    changes = {name: declaration[name] for name in simple if name in declaration}
    count = declaration.get("layers", len(spec.layers))
    layers = (spec.layers + spec.layers[:1] * count)[:count]
    for name in _LAYER_OVERRIDES:
        if name in declaration:
            sizes = declaration[name] if isinstance(declaration[name], list) else [declaration[name]] * count
            if len(sizes) != count:
                raise StageError(
                    "bad-model",
                    f"{name} has {len(sizes)} entries, but the model has {count} layers",
                    "write one number, or a list with one for each layer",
                )
            layers = tuple(replace(layer, **{name: size}) for layer, size in zip(layers, sizes, strict=True))
    return replace(spec, layers=layers, **changes)


def _standard_preset(declaration: dict[str, Any]) -> str:
    family = declaration.get("family")
    if family == "mobilebert":
        return "mobilebert"
    if family == "bert":
        return "bert-large" if "bert-large" in declaration["weights"] else "bert-base"
    raise StageError("bad-model", "a model needs a preset or a family", "write `preset: minilm-l6` or `family: bert`")


_CONFIG_SIZES = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
)
_MOBILEBERT_CONFIG_SIZES = ("embedding_size", "intra_bottleneck_size", "num_feedforward_networks")


def spec_of_hugging_face_config(config: dict[str, Any]) -> ModelSpec:
    """Reads a `config.json` of Hugging Face's transformers, of model type `bert` or `mobilebert`.

    Raises StageError `bad-model` for another model type or for an option that would change the computation and that
    is not supported here.
    """
    family = config.get("model_type")
    if family not in ("bert", "mobilebert"):
        raise StageError("bad-model", f"config.json is of model type {family!r}; `bert` and `mobilebert` are supported")
    mobile = family == "mobilebert"
    activation = config.get("hidden_act", "relu" if mobile else "gelu")
    if activation not in ("gelu", "relu"):
        raise StageError("bad-model", f"config.json wants the activation {activation!r}; gelu and relu are supported")
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise StageError("bad-model", "config.json wants relative positions, which are not supported")
    if config.get("is_decoder", False):
        raise StageError("bad-model", "config.json wants a decoder: only encoders are supported")
    missing = [name for name in _CONFIG_SIZES + _MOBILEBERT_CONFIG_SIZES * mobile if name not in config]
    if missing:
        raise StageError("bad-model", f"config.json has no {' and no '.join(missing)}", file="config.json")
    layer = LayerSpec(
        heads=config["num_attention_heads"],
        intermediate_size=config["intermediate_size"],
        feed_forward_networks=config["num_feedforward_networks"] if mobile else 1,
    )
    common: dict[str, Any] = {
        "family": family,
        "preset": "custom",
        "vocabulary_size": config["vocab_size"],
        "hidden_size": config["hidden_size"],
        "layers": (layer,) * config["num_hidden_layers"],
        "max_positions": config["max_position_embeddings"],
        "type_vocabulary_size": config["type_vocab_size"],
        "activation": activation,
        "layer_norm_epsilon": config.get("layer_norm_eps", 1e-12),
        "dropout": config.get("hidden_dropout_prob", 0.0 if mobile else 0.1),
        "attention_dropout": config.get("attention_probs_dropout_prob", 0.1),
    }
    if not mobile:
        return ModelSpec(**common)
    if not config.get("use_bottleneck", True) or config.get("use_bottleneck_attention", False):
        raise StageError("bad-model", "config.json wants a MobileBERT without its usual bottlenecks: not supported")
    if not config.get("trigram_input", True) and config["embedding_size"] == config["hidden_size"]:
        # There transformers leaves out the layer that it has the weights of.
        raise StageError("bad-model", "config.json wants neither trigrams nor a smaller embedding: not supported")
    return ModelSpec(
        **common,
        normalization=config.get("normalization_type", "no_norm"),
        pooler=config.get("classifier_activation", True),
        embedding_size=config["embedding_size"],
        trigram_input=config.get("trigram_input", True),
        intra_bottleneck_size=config["intra_bottleneck_size"],
        key_query_shared_bottleneck=config.get("key_query_shared_bottleneck", True),
    )
