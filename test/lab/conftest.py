"""What the lab's Python tests share: an environment with PyTorch and transformers, made once for each list of versions."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LAB = Path(__file__).resolve().parent
REQUIREMENTS = LAB / "reference-requirements.txt"

# Before any test imports TensorFlow: it reads its settings once.
import edgeline_worker  # noqa: E402, F401


@pytest.fixture(scope="session")
def reference_python() -> Path:
    """An interpreter that has what `reference-requirements.txt` says; installing takes minutes the first time."""
    cache = Path(os.environ.get("EDGELINE_CACHE") or Path.home() / ".cache" / "edgeline")
    folder = cache / "python-reference" / hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]
    complete = folder / "complete"
    python = folder / "bin" / "python"
    if not complete.exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
        # With the tests' own path pip would take what lies there for installed here.
        alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        subprocess.run([*pip, "-r", str(REQUIREMENTS)], env=alone, check=True)
        complete.touch()
    return python
