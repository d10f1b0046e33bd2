"""The estimate of a training's memory against what it takes, and against what there is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from edgeline_worker.checks import check_memory
from edgeline_worker.memory import MemoryEstimate, available_bytes
from edgeline_worker.presets import PRESETS
from edgeline_worker.protocol import StageError
from training_rig import Listener
from worker_rig import PACKAGE

BERT_LARGE = PRESETS["bert-large"].with_head(3)


def measured(*arguments: str) -> dict[str, int]:
    program = Path(__file__).with_name("peak_memory.py")
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    run = subprocess.run(
        [sys.executable, str(program), *arguments], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)


# Two processes that load TensorFlow and train two steps, some 10 s each; tiny models would measure TensorFlow alone.
@pytest.mark.parametrize("size", [("minilm-l6", "1", "32", "32"), ("mobilebert", "8", "32", "64")], ids=" ".join)
def test_estimates_are_near_what_is_measured(size: tuple[str, ...]) -> None:
    figures = measured(*size)
    assert figures["peak"] > 750e6, "more than TensorFlow alone"
    assert 1 / 1.5 < figures["estimate"] / figures["peak"] < 1.5, figures


def test_what_makes_it_larger() -> None:
    def total(parts: int = 1, length: int = 64, precision: str = "float32", **more: bool) -> int:
        return MemoryEstimate(BERT_LARGE, 32, length, precision, **more).of_parts(parts).total

    parameters = 335e6
    assert total(parts=4) < total() < total(length=128)
    assert total(precision="bfloat16") < total()
    assert total(averaged=True) - total() == pytest.approx(4 * parameters, rel=0.01)
    assert total(kept=True) - total() == pytest.approx(4 * parameters, rel=0.01)


def test_too_little_memory_is_said_with_what_would_do(tmp_path: Path) -> None:
    estimate = MemoryEstimate(BERT_LARGE, 32, 128, "float32")
    parts = estimate.least_parts(12_000_000_000)
    assert parts is not None and parts > 1
    assert estimate.of_parts(parts).total <= 12e9 < estimate.of_parts(parts - 1).total
    with pytest.raises(StageError) as caught:
        check_memory(Listener(tmp_path).job, estimate, 12_000_000_000)
    assert caught.value.code == "not-enough-memory"
    assert "and 12.0 GB are free" in caught.value.message
    assert "for 32 texts of 128 tokens" in caught.value.message
    assert caught.value.hint is not None and f"set gradient_accumulation to {parts}, " in caught.value.hint
    with pytest.raises(StageError, match="and 4.0 GB are free") as caught:
        check_memory(Listener(tmp_path).job, estimate, 4_000_000_000)
    assert caught.value.hint == "take a machine with more memory, a smaller model, or a shorter max_length"


def test_what_may_fit_is_tried_with_a_warning(tmp_path: Path) -> None:
    estimate = MemoryEstimate(BERT_LARGE, 4, 32, "float32")
    need = estimate.of_parts(1).total
    listener = Listener(tmp_path)
    check_memory(listener.job, estimate, need)
    assert listener.of_type("log") == []
    check_memory(listener.job, estimate, int(need / 1.2))
    (warning,) = listener.of_type("log")
    assert warning["level"] == "warning" and "it is tried all the same" in warning["message"]


def group(folder: Path, **files: int | str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        (folder / name.replace("__", ".")).write_text(f"{value}\n")


def test_the_narrowest_control_group_counts(tmp_path: Path) -> None:
    process = tmp_path / "cgroup"
    root = tmp_path / "root"
    process.write_text("0::/job/step\n")
    group(root / "job", memory__max=5_000, memory__current=3_000, memory__stat="anon 1\ninactive_file 500")
    group(root / "job" / "step", memory__max="max", memory__current=2_000)
    assert available_bytes(root, process) == 5_000 - (3_000 - 500)
    group(root / "job" / "step", memory__max=2_100, memory__current=2_000)
    assert available_bytes(root, process) == 100


def test_version_1_and_a_container_without_its_path(tmp_path: Path) -> None:
    process = tmp_path / "cgroup"
    root = tmp_path / "root"
    process.write_text("5:cpu,cpuacct:/docker/1\n4:memory:/docker/1\n")
    group(root / "memory", memory__limit_in_bytes=9_000, memory__usage_in_bytes=4_000)
    assert available_bytes(root, process) == 5_000
    assert available_bytes(root, tmp_path / "nothing") > 1_000_000
