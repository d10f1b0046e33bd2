"""Model specs: published sizes, round trips, and what cannot be built."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tensorflow as tf
from edgeline_worker.model import Forward
from edgeline_worker.presets import PRESETS, spec_of_declaration
from edgeline_worker.protocol import StageError
from edgeline_worker.spec import LayerSpec, ModelSpec, multiply_accumulates, parameter_count, parameter_shapes
from worker_rig import ROOT, TINY_BERT, TINY_MOBILEBERT

UNEVEN_BERT = TINY_BERT | {"heads": [2, 4], "intermediate_size": [64, 24]}
UNEVEN_MOBILEBERT = TINY_MOBILEBERT | {
    "heads": [4, 2],
    "intermediate_size": [16, 40],
    "feed_forward_networks": [1, 3],
}
CONFIG = {
    "model_type": "bert",
    "vocab_size": 30522,
    "hidden_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 512,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
}


@pytest.mark.parametrize(
    ("preset", "published"),
    [
        # Counted by transformers over the models themselves; the lab suite counts them again.
        ("bert-large", 335_141_888),
        ("bert-base", 109_482_240),
        ("bert-small", 28_763_648),
        ("bert-mini", 11_170_560),
        ("bert-tiny", 4_385_920),
        ("mobilebert", 24_581_888),
        # Without their pooler of 147,840, which was never trained.
        ("minilm-l6", 22_713_216 - 147_840),
        ("minilm-l3", 17_389_824 - 147_840),
    ],
)
def test_parameter_counts_are_the_published_ones(preset: str, published: int) -> None:
    assert parameter_count(PRESETS[preset]) == published


def test_a_classifier_adds_its_weights_and_biases() -> None:
    spec = PRESETS["mobilebert"]
    assert parameter_count(spec.with_head(3)) == parameter_count(spec) + 3 * 512 + 3


def test_operations_of_a_bert_layer_by_hand() -> None:
    spec = spec_of_declaration({"preset": "bert-tiny", "weights": "random:1", "layers": 1, "pooler": False})
    length, width = 10, 128
    linear = 4 * width * width + 2 * width * 4 * width
    assert multiply_accumulates(spec, length) == length * linear + 2 * length * length * width


@pytest.mark.parametrize("declaration", [TINY_BERT, TINY_MOBILEBERT, UNEVEN_BERT, UNEVEN_MOBILEBERT], ids=str)
def test_operations_are_those_of_the_graph(declaration: dict) -> None:
    spec = spec_of_declaration(declaration).with_head(3)
    length = 11
    tokens = tf.TensorSpec([1, length], tf.int32)

    @tf.function(input_signature=[tokens, tokens, tokens])
    def logits(*inputs: tf.Tensor) -> tf.Tensor:
        tensors = {name: tf.zeros(shape) for name, shape in parameter_shapes(spec).items()}
        return Forward(spec, tensors).logits(*inputs)

    counted = 0
    for operation in logits.get_concrete_function().graph.get_operations():
        if operation.type in ("MatMul", "BatchMatMulV2"):
            transposed = operation.get_attr("transpose_a" if operation.type == "MatMul" else "adj_x")
            summed = operation.inputs[0].shape[-2 if transposed else -1]
            counted += operation.outputs[0].shape.num_elements() * summed
    assert counted == multiply_accumulates(spec, length)


@pytest.mark.parametrize("declaration", [UNEVEN_BERT, UNEVEN_MOBILEBERT], ids=["bert", "mobilebert"])
def test_sizes_may_differ_from_layer_to_layer(declaration: dict) -> None:
    spec = spec_of_declaration(declaration)
    sizes = zip(
        declaration["heads"],
        declaration["intermediate_size"],
        declaration.get("feed_forward_networks", [1, 1]),
        strict=True,
    )
    assert spec.layers == tuple(LayerSpec(*layer) for layer in sizes)
    assert ModelSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_a_spec_survives_json(preset: str) -> None:
    for spec in (PRESETS[preset], PRESETS[preset].with_head(3)):
        assert ModelSpec.from_json(spec.to_json()) == spec


def test_minilm_l3_is_the_beginning_of_minilm_l6() -> None:
    whole = parameter_shapes(PRESETS["minilm-l6"])
    part = parameter_shapes(PRESETS["minilm-l3"])
    assert part.items() <= whole.items()
    declared = spec_of_declaration({"preset": "minilm-l6", "weights": "dir:x", "layers": 3})
    assert parameter_shapes(declared) == part


@pytest.mark.parametrize(
    ("declaration", "preset"),
    [
        ({"family": "mobilebert", "weights": "hf:google/mobilebert-uncased"}, "mobilebert"),
        ({"family": "bert", "weights": "hf:google-bert/bert-large-uncased"}, "bert-large"),
        ({"family": "bert", "weights": "hf:google-bert/bert-base-uncased"}, "bert-base"),
    ],
)
def test_a_family_alone_means_its_usual_sizes(declaration: dict[str, str], preset: str) -> None:
    assert spec_of_declaration(declaration) == PRESETS[preset]


def test_overrides_reach_every_layer() -> None:
    spec = spec_of_declaration(TINY_MOBILEBERT)
    assert spec.attention_size == 16
    assert set(spec.layers) == {LayerSpec(heads=2, intermediate_size=48, feed_forward_networks=3)}
    assert "encoder.layer.1.ffn.1.output.LayerNorm.bias" in parameter_shapes(spec)
    assert "encoder.layer.1.ffn.2.output.LayerNorm.bias" not in parameter_shapes(spec)


def test_a_configuration_of_transformers_is_read() -> None:
    config = {
        "model_type": "mobilebert",
        "vocab_size": 30522,
        "hidden_size": 512,
        "num_hidden_layers": 24,
        "num_attention_heads": 4,
        "intermediate_size": 512,
        "hidden_act": "relu",
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-12,
        "embedding_size": 128,
        "intra_bottleneck_size": 128,
        "num_feedforward_networks": 4,
        "classifier_activation": False,
    }
    spec = spec_of_declaration({"family": "mobilebert", "weights": "dir:x"}, config)
    assert spec.to_json() | {"preset": "mobilebert"} == PRESETS["mobilebert"].to_json()


@pytest.mark.parametrize(
    ("declaration", "config", "message"),
    [
        ({"preset": "bert-huge", "weights": "random:1"}, None, "no preset is called 'bert-huge'"),
        ({"weights": "random:1"}, None, "needs a preset or a family"),
        ({"preset": "bert-tiny", "family": "mobilebert", "weights": "random:1"}, None, "declared as family"),
        ({"preset": "bert-tiny", "heads": 3, "weights": "random:1"}, None, "3 heads"),
        (
            {"preset": "bert-tiny", "heads": [2], "weights": "random:1"},
            None,
            "heads has 1 entries, but the model has 2",
        ),
        ({"preset": "bert-tiny", "embedding_size": 8, "weights": "random:1"}, None, "embedding_size is a size of Mob"),
        ({"family": "bert", "weights": "dir:x"}, {"model_type": "gpt2"}, "model type 'gpt2'"),
        ({"family": "bert", "weights": "dir:x"}, {"model_type": "bert"}, "config.json has no vocab_size and no hidden"),
        ({"family": "bert", "weights": "dir:x"}, {"model_type": "bert", "is_decoder": True}, "wants a decoder"),
        ({"preset": "bert-tiny", "weights": "dir:x"}, CONFIG, "config.json says heads 4, not 2 as the preset"),
        (
            {"preset": "bert-tiny", "weights": "dir:x"},
            CONFIG | {"num_attention_heads": 2, "hidden_act": "relu", "layer_norm_eps": 1e-5},
            "config.json says activation relu, not gelu; layer_norm_epsilon 1e-05, not 1e-12 as the preset bert-tiny",
        ),
    ],
)
def test_what_cannot_be_built_is_said(declaration: dict, config: dict | None, message: str) -> None:
    with pytest.raises(StageError, match=re.escape(message)):
        spec_of_declaration(declaration, config)


def test_the_definition_knows_the_same_presets() -> None:
    source = Path(ROOT / "stages" / "encoder" / "model-declaration.ts").read_text()
    listed = source[source.index("presetNames = [") : source.index("] as const")]
    assert sorted(re.findall(r"'([\w-]+)'", listed)) == sorted(PRESETS)
