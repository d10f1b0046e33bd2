"""The pass over all texts: several interpreters side by side, and going on after a crash."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from test_agent import AGENT, dynamic_model, fixed_model, make_bundle, read_lines, run, start, test_rows

__all__ = ["dynamic_model", "fixed_model"]
MANY = 20_000
PARTIAL = "predictions.partial.jsonl"


def many_rows() -> list[str]:
    generator = random.Random(5)
    return [
        json.dumps(
            {
                "id": str(index),
                "entity": "E1",
                "label": index % 3,
                "input_ids": [generator.randrange(50) for _ in range(generator.randrange(1, 20))],
            }
        )
        for index in range(MANY)
    ]


def without_latencies(out: Path) -> list[dict[str, Any]]:
    return [{**row, "latency_ms": 0} for row in read_lines(out / "predictions.jsonl")]


def kill_all(process: subprocess.Popen[str]) -> None:
    """As a power cut does: the agent and what it started, at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_several_interpreters_answer_exactly_as_one(dynamic_model: Path, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", dynamic_model)
    results = {}
    for workers in ("1", "3", "0"):
        messages, code = run(bundle, tmp_path / workers, "--workers", workers, "--windows", "0")
        assert code == 0
        results[workers] = messages[-1]
        assert without_latencies(tmp_path / workers) == without_latencies(tmp_path / "1")
    assert [results[workers]["workers"] for workers in ("1", "3")] == [1, 3]
    assert results["0"]["workers"] * results["0"]["threads_each"] <= os.cpu_count()
    assert results["3"]["resumed_answers"] == 0


def test_interpreters_of_a_fixed_length_are_never_resized(fixed_model: Path, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", fixed_model)
    results = [run(bundle, tmp_path / workers, "--workers", workers)[0][-1] for workers in ("1", "2")]
    assert [(result["workers"], result["resizes"]) for result in results] == [(1, 0), (2, 0)]
    assert without_latencies(tmp_path / "2") == without_latencies(tmp_path / "1")


def test_a_failure_of_one_interpreter_ends_all(dynamic_model: Path, tmp_path: Path) -> None:
    from crew import Work, answer_all

    work = Work(list(range(1000)), lambda index: index // 100)
    answered = []

    def answer(model: str, index: int) -> None:
        if index == 40:
            raise ValueError("the fortieth")
        answered.append(index)
        time.sleep(0.001)

    with pytest.raises(ValueError, match="the fortieth"):
        answer_all(["one", "two", "three"], work, answer)
    assert len(answered) < 1000


def test_every_row_is_handed_out_once_in_pieces_of_one_length() -> None:
    from crew import Work

    rows = list(range(500))
    work = Work(rows, lambda index: index // 90)
    pieces = []
    while piece := work.take():
        pieces.append(piece)
    assert [index for piece in pieces for index in piece] == rows
    assert all(len({index // 90 for index in piece}) == 1 for piece in pieces)


@pytest.mark.parametrize(
    ("before", "after", "available", "expected"),
    [
        (30_000, 130_000, 600_000, 4),
        (30_000, 230_000, 600_000, 2),
        (30_000, 430_000, 300_000, 1),
        (30_000, 30_000, 600_000, 4),
        (None, None, None, 1),
    ],
)
def test_as_many_interpreters_as_half_of_the_free_memory_holds(
    before: int | None, after: int | None, available: int | None, expected: int
) -> None:
    from crew import fitting

    assert fitting(before, after, available, 4) == expected


def test_goes_on_after_a_crash_and_answers_every_text_once(dynamic_model: Path, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", dynamic_model, many_rows())
    quick = ("--before", "0", "--after", "0", "--workers", "2")
    assert run(bundle, tmp_path / "whole", *quick)[1] == 0
    out = tmp_path / "out"
    first = start(bundle, out, *quick, start_new_session=True)
    partial = out / PARTIAL
    while not partial.exists() or partial.stat().st_size == 0:
        assert first.poll() is None
        time.sleep(0.005)
    kill_all(first)
    assert not (out / "predictions.jsonl").exists()
    whole_lines = partial.read_bytes().count(b"\n")
    # As a power cut leaves it.
    with partial.open("ab") as file:
        file.write(b'19999\t{"id":"19999","log')
    messages, code = run(bundle, out, *quick)
    assert code == 0
    assert 0 < messages[-1]["resumed_answers"] <= whole_lines < messages[-1]["n"] == MANY
    assert without_latencies(out) == without_latencies(tmp_path / "whole")
    assert not partial.exists()


def test_what_was_timed_before_a_crash_is_made_anew(dynamic_model: Path, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", dynamic_model)
    out = tmp_path / "out"
    windows = ("--windows", "2", "--window-inferences", "10", "--steady", "0.1", "--window-seconds")
    first = start(bundle, out, *windows, "1.5", start_new_session=True)
    for line in first.stdout:
        if json.loads(line).get("phase") == "warming up for window 2":
            break
    kill_all(first)
    kept = without_latencies(out)
    assert len(read_lines(out / "windows.jsonl")) == 1
    messages, code = run(bundle, out, *windows, "0.3")
    assert code == 0
    assert messages[-1]["resumed_answers"] == len(test_rows())
    assert [line["window"] for line in read_lines(out / "windows.jsonl")] == [1, 2]
    assert without_latencies(out) == kept
    times = [sample["t_s"] for sample in read_lines(out / "telemetry.jsonl")]
    assert times == sorted(times)


def made(folder: Path, binding: dict[str, Any] | None, answers: list[int], count: int = 5) -> Any:
    from predictions import Predictions

    predictions = Predictions(str(folder), count, binding)
    for index in answers:
        if not predictions.has(index):
            predictions.append(index, {"id": str(index)})
    return predictions


def test_answers_under_another_binding_are_not_gone_on_with(tmp_path: Path) -> None:
    one, other = {"model_sha256": "a", "litert": "2"}, {"model_sha256": "b", "litert": "2"}
    made(tmp_path, one, [3, 1]).flush()
    assert made(tmp_path, one, []).resumed == 2
    assert made(tmp_path, other, []).resumed == 0
    # They are gone, not hidden.
    assert made(tmp_path, one, [4]).resumed == 0
    assert made(tmp_path, None, [0]).resumed == 0


def test_waits_for_a_process_that_still_writes(tmp_path: Path) -> None:
    binding = {"model_sha256": "a"}
    script = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); from predictions import Predictions\n"
        "old = Predictions(sys.argv[2], 5, {'model_sha256': 'a'}); print(flush=True); time.sleep(0.5)\n"
        "old.append(3, {'id': '3'}); old.flush()"
    )
    command = [sys.executable, "-c", script, str(AGENT.parent), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as orphan:
        orphan.stdout.readline()
        predictions = made(tmp_path, binding, [])
        assert predictions.resumed == 1 and predictions.has(3)


def test_a_line_that_does_not_belong_there_ends_what_is_gone_on_with(tmp_path: Path) -> None:
    binding = {"model_sha256": "a"}
    for bad in (b'3\t{"id":"3"}\n', b'9\t{"id":"9"}\n', b'x\t{"id":"1"}\n', b'1\t"text"\n', b'1\t{"id":"1"}', b"\0" * 99):
        (tmp_path / "predictions.binding.json").unlink(missing_ok=True)
        made(tmp_path, binding, [3, 0]).flush()
        with (tmp_path / PARTIAL).open("ab") as file:
            file.write(bad + b'4\t{"id":"4"}\n')
        predictions = made(tmp_path, binding, [0, 1, 2, 3, 4])
        assert predictions.resumed == 2
        predictions.finish()
        assert [row["id"] for row in read_lines(tmp_path / "predictions.jsonl")] == ["0", "1", "2", "3", "4"]


def test_a_follower_starts_another_agent_after_it_stopped_one(dynamic_model: Path, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", dynamic_model)
    out = tmp_path / "out"
    command = [sys.executable, "-B", str(AGENT.parent / "follow.py"), "--out", str(out)]
    agent = ["--", "--bundle", str(bundle), "--out", str(out), "--before", "0", "--after", "0"]

    def follow() -> list[dict[str, Any]]:
        # It follows as long as its standard input is open.
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen([*command, "--from", "0", *agent], text=True, **pipes) as follower:
            return [json.loads(line) for line in follower.stdout]

    assert follow()[-1]["resumed_answers"] == 0
    subprocess.run([*command, "--stop"], check=True)
    assert follow()[-1]["resumed_answers"] == len(test_rows())
