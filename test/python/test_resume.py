"""A training that is killed goes on at its step, and ends as if nothing had happened."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from edgeline_worker.checkpointing import KEPT, SECONDS_VARIABLE, Checkpoints
from edgeline_worker.files import read_json, sha256_of
from test_stages import Chain, fine_tune_options
from worker_rig import TINY_BERT, WorkerRun, run_worker

# 25 steps an epoch.
OPTIONS = fine_tune_options(average="ema", average_decay=0.9)


def newest(folder: Path) -> int:
    return max((int(path.stem.removeprefix("step-")) for path in folder.glob("step-*.json")), default=0)


class Training:
    """One training that is interrupted again and again."""

    def __init__(self, root: Path) -> None:
        self.chain = Chain(root, TINY_BERT, until="encode")
        self.resume = root / "resume"

    def run(self, name: str, resume: Path | None, kill_when: Callable[[], bool] | None = None) -> WorkerRun:
        inputs = {"fit": self.chain.encode.out / "fit", "encoder": self.chain.encoder.out / "encoder"}
        return run_worker(
            "fine-tune",
            self.chain.root / name,
            OPTIONS,
            inputs,
            environment={SECONDS_VARIABLE: "0"},
            resume_dir=resume,
            kill_when=kill_when,
        )

    def kill_after(self, step: int) -> None:
        run = self.run(f"killed-after-{step}", self.resume, lambda: newest(self.resume) >= step)
        assert run.exit_code == -9


# Five processes that load TensorFlow, some 8 s each: in each epoch one is killed, and the last state is damaged.
def test_killed_thrice_and_damaged_once_it_ends_with_the_same_bytes(tmp_path: Path) -> None:
    training = Training(tmp_path)
    whole = training.run("whole", None)
    assert whole.exit_code == 0, whole.stderr

    training.kill_after(7)
    training.kill_after(30)
    training.kill_after(60)
    damaged = newest(training.resume)
    file = training.resume / f"step-{damaged:09d}.arrays"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    last = training.run("last", training.resume)
    assert last.exit_code == 0, last.stderr
    resumed_at = read_json(last.out / "training.json")["resumed_at"]
    assert len(resumed_at) == 3
    assert 7 <= resumed_at[0] < resumed_at[1] < resumed_at[2] < damaged
    messages = [message["message"] for message in last.of_type("log")]
    assert any(f"the state of step {damaged} cannot be used" in message for message in messages), messages
    assert f"goes on after step {resumed_at[2]} of 75, where an earlier attempt was ended" in messages

    for name in ("checkpoint/weights.safetensors", "validation-predictions.jsonl"):
        assert sha256_of(last.out / name) == sha256_of(whole.out / name), name
    logs = [read_json(run.out / "training.json") for run in (whole, last)]
    for name in ("loss", "best", "best_epoch", "kept", "confusion"):
        assert logs[0][name] == logs[1][name], name
    measured = {"seconds", "samples_per_s"}
    epochs = [[{k: v for k, v in epoch.items() if k not in measured} for epoch in log["epochs"]] for log in logs]
    assert epochs[0] == epochs[1]


def test_a_state_is_read_back_and_only_the_newest_are_kept(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2, 3):
        arrays = {"a": np.full((2, 3), step, np.float32), "b/c": np.array(step, np.int64)}
        checkpoints.save(step, arrays.items(), {"figure": 0.1 * step})
    assert len(list(tmp_path.glob("*.arrays"))) == len(list(tmp_path.glob("*.json"))) == KEPT
    saved, problems = Checkpoints(tmp_path).load()
    assert saved is not None and problems == []
    assert (saved.step, saved.document["figure"]) == (3, 0.1 * 3)
    read = dict(saved.arrays())
    np.testing.assert_array_equal(read["a"], np.full((2, 3), 3, np.float32))
    assert read["b/c"] == 3


@pytest.mark.parametrize("damage", ["flipped", "cut", "no-arrays", "not-json", "no-document"])
def test_a_damaged_state_gives_way_to_the_one_before(tmp_path: Path, damage: str) -> None:
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2):
        checkpoints.save(step, {"a": np.full(1000, step, np.float32)}.items(), {})
    arrays, document = tmp_path / "step-000000002.arrays", tmp_path / "step-000000002.json"
    content = arrays.read_bytes()
    if damage == "flipped":
        arrays.write_bytes(content[:500] + bytes([content[500] ^ 1]) + content[501:])
    elif damage == "cut":
        arrays.write_bytes(content[:500])
    elif damage == "no-arrays":
        arrays.unlink()
    elif damage == "not-json":
        document.write_text(document.read_text()[:20])
    else:
        document.unlink()
    saved, problems = Checkpoints(tmp_path).load()
    assert saved is not None and saved.step == 1
    assert len(problems) == 1 and "step 2" in problems[0]
    assert dict(saved.arrays())["a"][0] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-000000001.arrays", "step-000000001.json"]


def test_an_interrupted_save_leaves_the_state_before(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(1, {"a": np.zeros(3)}.items(), {})

    class Killed(Exception):
        pass

    def arrays():
        yield "a", np.ones(3)
        raise Killed

    with pytest.raises(Killed):
        checkpoints.save(2, arrays(), {})
    saved, problems = Checkpoints(tmp_path).load()
    assert saved is not None and saved.step == 1 and problems == []
    assert len(list(tmp_path.iterdir())) == 2
    assert json.loads((tmp_path / "step-000000001.json").read_text())["step"] == 1


def test_nothing_is_saved_without_a_folder() -> None:
    checkpoints = Checkpoints(None)
    assert not checkpoints.due()
    checkpoints.save(1, {}.items(), {})
    assert checkpoints.load() == (None, [])
