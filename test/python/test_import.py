"""Checkpoints that Hugging Face's transformers saved, against what it computes from them.

The folders below test/fixtures/checkpoints were made by test/lab/make_checkpoints.py; the lab suite makes them anew
with PyTorch and runs these tests on them by EDGELINE_CHECKPOINTS.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from edgeline_worker.checkpoints import find_weights, read_vocabulary
from edgeline_worker.files import read_json
from edgeline_worker.model import Forward, TransformerClassifier
from edgeline_worker.presets import spec_of_declaration
from edgeline_worker.spec import ModelSpec
from edgeline_worker.weights import import_weights
from safetensors.numpy import load_file
from worker_rig import ROOT, run_worker

CHECKPOINTS = Path(os.environ.get("EDGELINE_CHECKPOINTS") or ROOT / "test" / "fixtures" / "checkpoints")
FOLDERS = sorted(path.parent for path in CHECKPOINTS.glob("*/golden.safetensors"))
TOLERANCE = 1e-4


class Imported:
    """One of the checkpoints as the product reads it, and what transformers says of it."""

    def __init__(self, folder: Path) -> None:
        config = read_json(folder / "config.json")
        pooling = read_json(folder / "golden.json")["pooling"]
        declaration = {"family": config["model_type"], "weights": "dir:x", "pooling": pooling}
        if pooling == "mean":
            declaration["pooler"] = False
        self.golden = load_file(folder / "golden.safetensors")
        self.inputs = {name: self.golden[name] for name in ("input_ids", "attention_mask", "token_type_ids")}
        self.real = self.inputs["attention_mask"].astype(bool)
        encoder = spec_of_declaration(declaration, config)
        self.spec = encoder.with_head(len(self.golden["classifier.bias"]))
        paths = [folder / name for name in find_weights(folder)]
        weights, self.skipped = import_weights(paths, encoder)
        self.weights = weights | {name: self.golden[name] for name in ("classifier.weight", "classifier.bias")}

    def states(self, layers: int) -> np.ndarray:
        """Float32 (texts, length, width) after so many layers."""
        spec: ModelSpec = replace(self.spec, layers=self.spec.layers[:layers])
        tensors = {name: tf.constant(array) for name, array in self.weights.items()}
        states = Forward(spec, tensors).hidden_states(**{name: tf.constant(ids) for name, ids in self.inputs.items()})
        return states.numpy().reshape(*self.real.shape, -1)

    def logits(self) -> np.ndarray:
        model = TransformerClassifier(self.spec)
        model.assign_weights(self.weights)
        return model({name: tf.constant(ids) for name, ids in self.inputs.items()}).numpy()

    @property
    def sees_padding(self) -> bool:
        """Whether transformers' logits of a text change with its padding."""
        embedding = self.weights["embeddings.word_embeddings.weight"]
        return self.spec.trigram_input and bool(np.any(embedding[0]))


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def imported(request: pytest.FixtureRequest) -> Imported:
    return Imported(request.param)


def test_there_is_one_of_each_kind() -> None:
    names = {folder.name for folder in FOLDERS}
    forms = {find_weights(folder)[0] for folder in FOLDERS}
    assert len(names) >= 10 and forms == {"model.safetensors", "pytorch_model.bin"}
    assert {"bert", "mobilebert"} == {read_json(folder / "config.json")["model_type"] for folder in FOLDERS}
    assert {"cls", "mean"} == {read_json(folder / "golden.json")["pooling"] for folder in FOLDERS}
    assert {True, False} == {Imported(folder).sees_padding for folder in FOLDERS if "mobile" in folder.name}


def test_hidden_states_of_every_layer_are_those_of_transformers(imported: Imported) -> None:
    expected = imported.golden["exact.hidden_states"]
    assert len(expected) == len(imported.spec.layers) + 1
    for layers, golden in enumerate(expected):
        actual = imported.states(layers)
        np.testing.assert_allclose(actual[imported.real], golden[imported.real], atol=TOLERANCE, err_msg=f"{layers}")
        if not imported.sees_padding:
            padded = imported.golden["padded.hidden_states"][layers]
            np.testing.assert_allclose(actual[imported.real], padded[imported.real], atol=TOLERANCE)


def test_logits_are_those_of_transformers(imported: Imported) -> None:
    """The texts are padded here, and each at its own length there."""
    exact, padded = imported.golden["exact.logits"], imported.golden["padded.logits"]
    assert np.ptp(exact, axis=0).max() > 0.1, "the texts must not all look the same to the model"
    actual = imported.logits()
    np.testing.assert_allclose(actual, exact, atol=TOLERANCE)
    if imported.sees_padding:
        # Where [PAD] has an embedding, the reference says something else of a text that is padded; we do not.
        assert np.abs(padded - exact).max() > 10 * TOLERANCE
    else:
        np.testing.assert_allclose(actual, padded, atol=TOLERANCE)


def test_heads_and_buffers_are_the_only_surplus(imported: Imported) -> None:
    if any("cls." in name for name in imported.skipped):
        assert "cls.predictions.bias" in imported.skipped and "cls.seq_relationship.weight" in imported.skipped
    assert all(name.startswith(("cls.", "bert.pooler.", "pooler.", "mobilebert.pooler.")) for name in imported.skipped)


@pytest.mark.parametrize("name", ["mobilebert-pretraining-bin", "bert-pretraining-legacy-bin"])
def test_the_stage_takes_the_folder(tmp_path: Path, name: str) -> None:
    folder = CHECKPOINTS / name
    model = {"family": name.split("-")[0], "weights": f"dir:{name}"}
    run = run_worker("encoder", tmp_path, {"model": model}, external={"weights": folder})
    assert run.summary["pretrained"] is True
    card = read_json(run.out / "encoder" / "encoder.json")
    assert "cls.predictions.bias" in card["skipped_tensors"]
    assert sorted(card["files"]) == ["config.json", "pytorch_model.bin", "vocab.txt"]
    assert (run.out / "encoder" / "vocab.txt").read_text().splitlines() == read_vocabulary(folder)
