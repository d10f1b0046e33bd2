"""Model specs: published sizes, round trips, and what cannot be built."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from edgeline_worker.presets import PRESETS, spec_of_declaration
from edgeline_worker.protocol import StageError
from edgeline_worker.spec import ModelSpec, multiply_accumulates, parameter_count, parameter_shapes
from worker_rig import ROOT, TINY_MOBILEBERT


@pytest.mark.parametrize(
    ("preset", "published"),
    [
        # Counted by transformers over the models themselves.
        ("bert-large", 335_141_888),
        ("bert-base", 109_482_240),
        ("bert-tiny", 4_385_920),
        ("mobilebert", 24_581_888),
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
    assert (spec.attention_size, spec.feed_forward_networks) == (16, 3)
    assert {(layer.heads, layer.intermediate_size) for layer in spec.layers} == {(2, 48)}
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
        ({"family": "bert", "weights": "dir:x"}, {"model_type": "gpt2"}, "model type 'gpt2'"),
    ],
)
def test_what_cannot_be_built_is_said(declaration: dict, config: dict | None, message: str) -> None:
    with pytest.raises(StageError, match=re.escape(message)):
        spec_of_declaration(declaration, config)


def test_the_definition_knows_the_same_presets() -> None:
    source = Path(ROOT / "stages" / "encoder" / "model-declaration.ts").read_text()
    listed = source[source.index("presetNames = [") : source.index("] as const")]
    assert sorted(re.findall(r"'([\w-]+)'", listed)) == sorted(PRESETS)
