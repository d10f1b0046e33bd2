"""The import of weights against transformers itself: fixtures made anew, random configurations, sizes of the presets.

Over 10 s: PyTorch and transformers are installed the first time, and each start of them takes seconds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import LAB
from edgeline_worker.checkpoints import find_weights, open_tensors
from edgeline_worker.model import Forward
from edgeline_worker.presets import PRESETS
from edgeline_worker.spec import ModelSpec, parameter_count
from edgeline_worker.weights import load_weights
from safetensors.numpy import load_file
from worker_rig import ROOT, TINY_BERT, TINY_MOBILEBERT, run_worker

COMMITTED = ROOT / "test" / "fixtures" / "checkpoints"
RANDOM_CONFIGURATIONS = 24


@pytest.fixture(scope="module")
def remade(reference_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixtures, and as many random configurations."""
    folder = tmp_path_factory.mktemp("checkpoints")
    script = LAB / "make_checkpoints.py"
    subprocess.run([str(reference_python), str(script), str(folder), str(RANDOM_CONFIGURATIONS)], check=True)
    return folder


def test_the_committed_checkpoints_are_what_the_script_makes(remade: Path) -> None:
    folders = sorted(path.parent for path in COMMITTED.glob("*/golden.safetensors"))
    assert len(folders) == 10
    for folder in folders:
        again = remade / folder.name
        assert sorted(path.name for path in again.iterdir()) == sorted(path.name for path in folder.iterdir())
        pairs = [(load_file(path / "golden.safetensors") for path in (folder, again))]
        for name in find_weights(folder):
            files = [open_tensors(path / name) for path in (folder, again)]
            pairs.append({tensor: file.read(tensor) for tensor in file.shapes} for file in files)
        for committed, made in pairs:
            assert committed.keys() == made.keys()
            for name, array in committed.items():
                # Another processor may round PyTorch's draws and products another way.
                np.testing.assert_allclose(
                    np.asarray(made[name], np.float32), np.asarray(array, np.float32), atol=1e-4, err_msg=name
                )


def test_the_import_of_the_new_checkpoints_and_of_random_configurations(remade: Path) -> None:
    assert len(list(remade.glob("random-*"))) == RANDOM_CONFIGURATIONS
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test/python/test_import.py"],
        cwd=ROOT,
        env={**os.environ, "EDGELINE_CHECKPOINTS": str(remade)},
        capture_output=True,
        text=True,
    )
    print(finished.stdout[-4000:])
    assert finished.returncode == 0


def test_parameter_counts_are_those_of_transformers_models(reference_python: Path) -> None:
    """Built on a device without memory, so BERT-Large costs nothing."""
    script = """
import json, sys, torch
from transformers import BertConfig, BertModel, MobileBertConfig, MobileBertModel
counts = {}
for name, (family, pooler, settings) in json.load(sys.stdin).items():
    with torch.device("meta"):
        if family == "bert":
            model = BertModel(BertConfig(**settings), add_pooling_layer=pooler)
        else:
            model = MobileBertModel(MobileBertConfig(**settings, classifier_activation=pooler))
    counts[name] = sum(parameter.numel() for parameter in model.parameters())
print(json.dumps(counts))
"""
    settings = {
        name: (
            spec.family,
            spec.pooler,
            {
                "vocab_size": spec.vocabulary_size,
                "hidden_size": spec.hidden_size,
                "num_hidden_layers": len(spec.layers),
                "num_attention_heads": spec.layers[0].heads,
                "intermediate_size": spec.layers[0].intermediate_size,
            },
        )
        for name, spec in PRESETS.items()
    }
    finished = subprocess.run(
        [str(reference_python), "-c", script], input=json.dumps(settings), capture_output=True, text=True, check=True
    )
    counted = json.loads(finished.stdout)
    assert counted == {name: parameter_count(spec) for name, spec in PRESETS.items()}
    for name, published in {"bert-large": 335e6, "mobilebert": 24.6e6}.items():
        assert counted[name] == pytest.approx(published, rel=0.01)
        print(f"{name}: {counted[name]:,} parameters")


@pytest.mark.parametrize("declaration", [TINY_BERT, TINY_MOBILEBERT], ids=["bert", "mobilebert"])
def test_the_peer_of_the_training_bench_is_the_same_model(
    reference_python: Path, tmp_path: Path, declaration: dict[str, Any]
) -> None:
    run = run_worker("encoder", tmp_path, {"model": declaration})
    assert run.exit_code == 0
    encoder = tmp_path / "encoder"
    tokens = np.arange(101, 113, dtype=np.int32)[np.newaxis]
    script = """
import json, sys
from pathlib import Path
import torch
from peer_trainer import build
model = build(Path(sys.argv[1]), 3).eval()
tokens = torch.arange(101, 113)[None]
with torch.no_grad():
    print(json.dumps(model.base_model(input_ids=tokens).last_hidden_state[0].tolist()))
"""
    finished = subprocess.run(
        [str(reference_python), "-c", script, str(encoder)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "pipeline" / "bench")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    spec = ModelSpec.from_json(json.loads((encoder / "spec.json").read_text()))
    tensors = load_weights(encoder / "weights.safetensors", spec)
    states = Forward(spec, tensors).hidden_states(tokens, np.ones_like(tokens), np.zeros_like(tokens))
    np.testing.assert_allclose(states.numpy(), json.loads(finished.stdout), atol=1e-4)
