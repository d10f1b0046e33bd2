"""Checkpoints in and out."""

from __future__ import annotations

from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from edgeline_worker.presets import PRESETS, spec_of_declaration
from edgeline_worker.protocol import StageError
from edgeline_worker.spec import parameter_shapes
from edgeline_worker.weights import draw_classifier, draw_random_weights, import_weights, load_weights, save_weights
from safetensors.numpy import save_file
from worker_rig import TINY_BERT, TINY_MOBILEBERT

SPEC = spec_of_declaration(TINY_BERT)


def test_a_checkpoint_with_prefix_and_old_names_of_norms_is_read(tmp_path: Path) -> None:
    weights = draw_random_weights(SPEC, 1)
    stored = {
        "bert." + name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): array
        for name, array in weights.items()
    }
    stored["cls.predictions.bias"] = np.zeros(3, np.float32)
    save_file(stored, tmp_path / "model.safetensors")
    read, skipped = import_weights([tmp_path / "model.safetensors"], SPEC)
    assert skipped == ["cls.predictions.bias"]
    assert read.keys() == weights.keys()
    assert all(np.array_equal(read[name], weights[name]) for name in weights)


@pytest.mark.parametrize("stored", [np.float16, ml_dtypes.bfloat16, np.float64], ids=str)
def test_other_precisions_become_float32(tmp_path: Path, stored: type) -> None:
    weights = {name: array.astype(stored) for name, array in draw_random_weights(SPEC, 1).items()}
    save_file(weights, tmp_path / "model.safetensors")
    read = load_weights(tmp_path / "model.safetensors", SPEC)
    assert {array.dtype for array in read.values()} == {np.dtype(np.float32)}
    assert all(np.array_equal(read[name], weights[name].astype(np.float32)) for name in weights)


def test_equal_weights_give_equal_bytes(tmp_path: Path) -> None:
    weights = draw_random_weights(SPEC, 1)
    save_weights(tmp_path / "a", weights)
    save_weights(tmp_path / "b", dict(reversed(weights.items())))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_missing_tensor_and_a_wrong_shape_are_named(tmp_path: Path) -> None:
    weights = draw_random_weights(SPEC, 1)
    name = "encoder.layer.1.attention.self.key.weight"
    save_weights(tmp_path / "short", {key: value for key, value in weights.items() if key != name})
    with pytest.raises(StageError, match=f"has no tensor {name}"):
        load_weights(tmp_path / "short", SPEC)
    save_weights(tmp_path / "odd", {**weights, name: np.zeros((32, 31))})
    with pytest.raises(StageError, match=r"has shape \[32, 31\] in odd, but bert-tiny wants \[32, 32\]"):
        load_weights(tmp_path / "odd", SPEC)


def test_a_tensor_without_a_place_is_named(tmp_path: Path) -> None:
    weights = draw_random_weights(SPEC, 1)
    for name in (
        "classifier.weight",
        "encoder.layer.2.output.dense.bias",
        "encoder.layer.0.crossattention.self.key.bias",
    ):
        save_weights(tmp_path / "more", {**weights, f"bert.{name}": np.zeros(3)})
        with pytest.raises(StageError, match=rf"more has a tensor bert\.{name}, which has no place in bert-tiny"):
            import_weights([tmp_path / "more"], SPEC)
    # Where config.json says that there are more layers, the user has chosen to take fewer.
    name = "encoder.layer.2.output.dense.bias"
    save_weights(tmp_path / "more", {**weights, name: np.zeros(3)})
    assert import_weights([tmp_path / "more"], SPEC, layers_stored=3)[1] == [name]
    save_weights(tmp_path / "more", {**weights, "bert.pooler.dense.bias": np.zeros(32)})
    with pytest.raises(
        StageError, match=r"more has pooler\.dense\.bias twice: as bert\.pooler\.dense\.bias and as pooler"
    ):
        import_weights([tmp_path / "more"], SPEC)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((32,), np.int64), "pooler.dense.bias in model is of type int64, not of floating-point numbers"),
        (np.full((32,), np.nan, np.float32), "pooler.dense.bias in model has values that are no finite numbers"),
        (np.full((32,), 1e300, np.float64), "pooler.dense.bias in model has values that are no finite numbers"),
    ],
)
def test_what_are_no_weights_is_not_taken(tmp_path: Path, wrong: np.ndarray, message: str) -> None:
    save_file({**draw_random_weights(SPEC, 1), "pooler.dense.bias": wrong}, tmp_path / "model")
    with pytest.raises(StageError, match=message):
        import_weights([tmp_path / "model"], SPEC)


def test_shards_are_one_checkpoint(tmp_path: Path) -> None:
    weights = draw_random_weights(SPEC, 1)
    names = sorted(weights)
    shards = [tmp_path / "1.safetensors", tmp_path / "2.safetensors"]
    save_weights(shards[0], {name: weights[name] for name in names[:7]})
    save_weights(shards[1], {name: weights[name] for name in names[7:]})
    read, skipped = import_weights(shards, SPEC)
    assert skipped == []
    assert all(np.array_equal(read[name], weights[name]) for name in weights)
    with pytest.raises(StageError, match="2.safetensors has no tensor"):
        import_weights(shards[1:], SPEC)


def test_a_file_cut_in_the_middle_is_not_a_checkpoint(tmp_path: Path) -> None:
    save_weights(tmp_path / "whole", draw_random_weights(SPEC, 1))
    (tmp_path / "cut").write_bytes((tmp_path / "whole").read_bytes()[:5000])
    with pytest.raises(StageError, match="cut is not a whole safetensors file"):
        load_weights(tmp_path / "cut", SPEC)


@pytest.mark.parametrize("declaration", [TINY_BERT, TINY_MOBILEBERT], ids=["bert", "mobilebert"])
def test_random_weights_leave_no_part_of_the_model_out(declaration: dict) -> None:
    spec = spec_of_declaration(declaration)
    weights = draw_random_weights(spec, 1)
    assert {name: array.shape for name, array in weights.items()} == parameter_shapes(spec)
    for name, array in weights.items():
        assert array.dtype == np.float32
        neutral = 1.0 if name.endswith("LayerNorm.weight") else 0.0
        assert np.abs(array - neutral).max() > 1e-3, f"{name} does nothing"


def test_a_draw_depends_on_the_seed_and_the_name_only() -> None:
    small, large = draw_random_weights(SPEC, 1), draw_random_weights(PRESETS["bert-tiny"], 1)
    assert np.array_equal(small["encoder.layer.0.output.dense.bias"], large["encoder.layer.0.output.dense.bias"][:32])
    other = draw_random_weights(SPEC, 2)
    assert all(not np.array_equal(small[name], other[name]) for name in small)


def test_each_seed_has_its_own_classifier() -> None:
    spec = SPEC.with_head(3)
    one, again, two = (draw_classifier(spec, seed)["classifier.weight"] for seed in (1, 1, 2))
    assert one.shape == (3, 32)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, two)
    assert np.abs(one).max() <= 0.04
