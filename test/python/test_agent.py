"""The agent on this machine, with a real TFLite file made by TensorFlow."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
AGENT = ROOT / "stages" / "deploy" / "agent" / "agent.py"
MAKER = ROOT / "test" / "rig" / "tiny_tflite.py"
ROWS = 40

sys.path.insert(0, str(AGENT.parent))

from protocol import PROTOCOL  # noqa: E402 - the agent's folder is no package


def make_model(folder: Path, *arguments: str) -> Path:
    path = folder / "model.tflite"
    subprocess.run([sys.executable, str(MAKER), str(path), *arguments], check=True, capture_output=True)
    return path


@pytest.fixture(scope="session")
def dynamic_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("dynamic"))


@pytest.fixture(scope="session")
def fixed_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("fixed"), "--length", "12")


def test_rows() -> list[dict[str, Any]]:
    generator = random.Random(3)
    return [
        {
            "id": str(4_000_000_000_000_000_000 + index),
            "entity": "RL2013D01E001",
            "label": index % 3,
            "input_ids": [generator.randrange(50) for _ in range(generator.randrange(1, 20))],
        }
        for index in range(ROWS)
    ]


test_rows.__test__ = False


def make_bundle(folder: Path, model: Path, lines: list[str] | None = None) -> Path:
    folder.mkdir()
    (folder / "model.tflite").write_bytes(model.read_bytes())
    rows = [json.dumps(row) for row in test_rows()] if lines is None else lines
    (folder / "test.jsonl").write_text("".join(f"{row}\n" for row in rows))
    return folder


def start(bundle: Path, out: Path, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-B", str(AGENT), "--bundle", str(bundle), "--out", str(out)]
    quick = ["--before", "0.5", "--after", "0.5", "--warmup", "3"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.PIPE}
    return subprocess.Popen([*command, *quick, *arguments], text=True, **{**pipes, **options})


def run(bundle: Path, out: Path, *arguments: str) -> tuple[list[dict[str, Any]], int]:
    process = start(bundle, out, *arguments)
    stdout, _ = process.communicate(timeout=60)
    return [json.loads(line) for line in stdout.splitlines()], process.returncode


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def reference(model: Path, ids: list[int], second_from: int | None = None) -> list[float]:
    """The same file run at the exact length, straight through LiteRT."""
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(model))
    for detail in interpreter.get_input_details():
        interpreter.resize_tensor_input(detail["index"], [1, len(ids)])
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        first = len(ids) if second_from is None else min(second_from, len(ids))
        types = [0] * first + [1] * (len(ids) - first)
        values = {"input_ids": ids, "attention_mask": [1] * len(ids), "token_type_ids": types}
        name = detail["name"].removeprefix("serving_default_").split(":")[0]
        interpreter.set_tensor(detail["index"], np.array([values[name]], np.int32))
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0].tolist()


def test_predicts_every_row_in_test_order_at_its_exact_length(dynamic_model: Path, tmp_path: Path) -> None:
    from protocol import PROTOCOL

    messages, code = run(make_bundle(tmp_path / "bundle", dynamic_model), tmp_path / "out")
    assert code == 0
    assert messages[0]["type"] == "hello" and messages[0]["protocol"] == PROTOCOL and messages[0]["emulated"] is False
    result = messages[-1]
    assert result["type"] == "result" and result["n"] == ROWS and result["delegate"] == "xnnpack"
    assert result["resizes"] <= len({len(row["input_ids"]) for row in test_rows()})
    predictions = read_lines(tmp_path / "out" / "predictions.jsonl")
    for row, prediction in zip(test_rows(), predictions, strict=True):
        assert {key: prediction[key] for key in ("id", "entity", "label")} == {
            key: row[key] for key in ("id", "entity", "label")
        }
        assert prediction["tokens"] == len(row["input_ids"])
        assert prediction["latency_ms"] > 0
        logits = reference(dynamic_model, row["input_ids"])
        assert prediction["logits"] == pytest.approx(logits, abs=1e-5)
        assert prediction["predicted"] == logits.index(max(logits))


FAKE_VCGENCMD = """#!/bin/sh
# Under-voltage from the second question on, and a warm board.
echo asked >> {counter}
case "$1" in
  get_throttled) if [ "$(wc -l < {counter})" -gt 2 ]; then echo throttled=0x50005; else echo throttled=0x0; fi ;;
  measure_temp) echo "temp=71.5'C" ;;
esac
"""


def test_times_windows_in_fresh_processes_and_samples_what_may_spoil_them(
    dynamic_model: Path, tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    fake = programs / "vcgencmd"
    fake.write_text(FAKE_VCGENCMD.format(counter=tmp_path / "counter"))
    fake.chmod(0o755)
    windows = ["--windows", "2", "--window-inferences", "10", "--window-seconds", "1.5", "--steady", "0.2"]
    windows += ["--rest", "0.6"]
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    process = start(make_bundle(tmp_path / "bundle", dynamic_model), tmp_path / "out", *windows, env=environment)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    result = json.loads(stdout.splitlines()[-1])
    assert [window["window"] for window in result["windows"]] == [1, 2]
    lines = read_lines(tmp_path / "out" / "windows.jsonl")
    lengths = sorted(len(row["input_ids"]) for row in test_rows())
    for line, window in zip(lines, result["windows"], strict=True):
        assert len(line["latency_ms"]) == len(line["tokens"]) == window["n"] and window["n"] % 10 == 0
        # Every fourth of the forty rows, in the order of length, beginning in the middle of the first four.
        assert line["tokens"][:10] == lengths[2::4]
        # Both ends are rounded to 0.1 ms.
        assert window["to_s"] - window["from_s"] > 1.4998
        assert all(latency > 0 for latency in line["latency_ms"])
        # Each round goes through the lengths once, and the first of them was there from the round before or not.
        assert len(set(line["tokens"])) - 1 <= window["untimed"] <= window["n"]
        assert 0 < window["resize_s"] < window["to_s"] - window["from_s"]
    samples = read_lines(tmp_path / "out" / "telemetry.jsonl")
    for window in result["windows"]:
        inside = [sample for sample in samples if window["from_s"] <= sample["t_s"] <= window["to_s"]]
        assert {sample["phase"] for sample in inside} == {"window"}
        used = inside[-1]["process_s_total"] - inside[0]["process_s_total"]
        assert used > 0 and inside[-1]["busy_s_total"] > inside[0]["busy_s_total"]
        assert inside[-1]["major_faults_total"] >= inside[0]["major_faults_total"] >= 0
        assert max(sample.get("uss_bytes") or 0 for sample in inside) > 1_000_000
    assert [span["phase"] for span in result["idle"]] == ["before", "rest", "after"]
    rest, after = result["idle"][1:]
    assert rest["to_s"] - rest["from_s"] > 0.5998
    assert result["measured_to_s"] < rest["from_s"] and rest["to_s"] < result["windows"][0]["from_s"]
    assert result["windows"][-1]["to_s"] < after["from_s"]
    at_rest = [sample for sample in samples if rest["from_s"] <= sample["t_s"] <= rest["to_s"]]
    assert at_rest and {sample["phase"] for sample in at_rest} == {"rest"}
    assert abs(result["started_at_s"] + after["to_s"] - time.time()) < 60
    masks = [sample["throttled"] for sample in samples if "throttled" in sample]
    assert masks[0] == 0 and masks[-1] == 0x50005
    if not Path("/sys/class/thermal/thermal_zone0").exists():
        assert 71.5 in [sample.get("temperature_c") for sample in samples]
    cores = result["cores"]
    if cores["inference"] is not None:
        assert len(cores["inference"]) == 1 and not set(cores["inference"]) & set(cores["sampler"])
    assert abs(result["clock_jump_s"]) < 0.05
    assert result["governor"]["pinned_mhz"] is None


def test_pads_for_a_fixed_length_and_counts_what_it_cuts(
    dynamic_model: Path, fixed_model: Path, tmp_path: Path
) -> None:
    messages, code = run(make_bundle(tmp_path / "bundle", fixed_model), tmp_path / "out")
    assert code == 0
    result = messages[-1]
    assert result["fixed_length"] == 12 and result["resizes"] == 0
    assert result["truncated"] == sum(len(row["input_ids"]) > 12 for row in test_rows()) > 0
    for row, prediction in zip(test_rows(), read_lines(tmp_path / "out" / "predictions.jsonl"), strict=True):
        ids = row["input_ids"]
        kept = ids if len(ids) <= 12 else ids[:11] + ids[-1:]
        assert prediction["logits"] == pytest.approx(reference(dynamic_model, kept), abs=1e-4)


def test_pairs_of_texts(dynamic_model: Path, fixed_model: Path, tmp_path: Path) -> None:
    rows = [{**row, "second_from": 1 + index % len(row["input_ids"])} for index, row in enumerate(test_rows())]
    lines = [json.dumps(row) for row in rows]
    for model, longest in ((dynamic_model, 99), (fixed_model, 12)):
        folder = tmp_path / str(longest)
        folder.mkdir()
        assert run(make_bundle(folder / "bundle", model, lines), folder / "out")[1] == 0
        for row, prediction in zip(rows, read_lines(folder / "out" / "predictions.jsonl"), strict=True):
            ids = row["input_ids"]
            kept = ids if len(ids) <= longest else ids[: longest - 1] + ids[-1:]
            expected = reference(dynamic_model, kept, row["second_from"])
            assert prediction["logits"] == pytest.approx(expected, abs=1e-5)
    assert reference(dynamic_model, [1, 2], 1) != pytest.approx(reference(dynamic_model, [1, 2]), abs=1e-5)


def test_pairs_need_a_model_that_can_tell_their_parts_apart(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    model = make_model(tmp_path / "made", "--one-segment")
    row = {"id": "1", "entity": "e", "label": 0, "input_ids": [1, 2, 3], "second_from": 2}
    messages, code = run(make_bundle(tmp_path / "bundle", model, [json.dumps(row)]), tmp_path / "out")
    assert code == 1
    assert messages[-1]["code"] == "model-inputs" and "token_type_ids" in messages[-1]["message"]


def test_samples_before_during_and_after(dynamic_model: Path, tmp_path: Path) -> None:
    messages, _ = run(make_bundle(tmp_path / "bundle", dynamic_model), tmp_path / "out")
    samples = read_lines(tmp_path / "out" / "telemetry.jsonl")
    assert len(samples) == messages[-1]["samples"]
    times = [sample["t_s"] for sample in samples]
    assert times == sorted(times) and min(b - a for a, b in zip(times, times[1:])) > 0.0
    assert len(samples) <= times[-1] * 10 + 1
    phases = [sample["phase"] for sample in samples]
    assert phases == sorted(phases, key=["before", "during", "after"].index)
    assert set(phases) == {"before", "during", "after"}
    # What changes slowly is looked at once a second, and first in each phase.
    assert {sample["phase"] for sample in samples if "memory_used_bytes" in sample} == set(phases)
    for sample in samples:
        assert 0 <= sample["cpu_percent"] <= 100
        assert sample.get("memory_used_bytes", 1) > 0
        # The measured process exists during the run only.
        if sample["phase"] != "during":
            assert sample["rss_bytes"] == 0 and sample["cpu_percent_process"] == 0
    assert any(sample["rss_bytes"] > 1e6 for sample in samples)
    assert messages[-1]["peak_rss_bytes"] >= max(sample["rss_bytes"] for sample in samples)


def test_equal_input_gives_equal_predictions_but_for_the_latencies(dynamic_model: Path, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", dynamic_model)
    outcomes = []
    for name in ("one", "two"):
        run(bundle, tmp_path / name)
        outcomes.append([{**row, "latency_ms": 0} for row in read_lines(tmp_path / name / "predictions.jsonl")])
    assert outcomes[0] == outcomes[1]


def test_limit_takes_the_first_rows(dynamic_model: Path, tmp_path: Path) -> None:
    run(make_bundle(tmp_path / "bundle", dynamic_model), tmp_path / "out", "--limit", "7")
    predictions = read_lines(tmp_path / "out" / "predictions.jsonl")
    assert [row["id"] for row in predictions] == [row["id"] for row in test_rows()[:7]]


@pytest.mark.parametrize(
    ("rows", "code", "words"),
    [
        (["{not json"], "bad-row", "test.jsonl:1"),
        ([json.dumps({"id": "1", "entity": "e", "label": 0, "input_ids": [1]}), "{}"], "bad-row", "test.jsonl:2"),
        ([json.dumps({"id": "1", "label": 0, "input_ids": [1], "second_from": 2})], "bad-row", "test.jsonl:1"),
        ([], "no-rows", "has no rows"),
    ],
)
def test_says_what_is_wrong_with_the_rows(
    dynamic_model: Path, tmp_path: Path, rows: list[str], code: str, words: str
) -> None:
    messages, exit_code = run(make_bundle(tmp_path / "bundle", dynamic_model, rows), tmp_path / "out")
    assert exit_code == 1
    assert messages[-1]["type"] == "failure" and messages[-1]["code"] == code and words in messages[-1]["message"]


def test_refuses_logits_that_are_not_finite(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    messages, code = run(make_bundle(tmp_path / "bundle", make_model(tmp_path / "made", "--explode")), tmp_path / "out")
    assert code == 1
    assert messages[-1]["code"] == "non-finite-logits" and "inf" in messages[-1]["message"]


def test_refuses_a_file_that_is_no_model(tmp_path: Path) -> None:
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"TFL3 but not really")
    messages, code = run(make_bundle(tmp_path / "bundle", broken), tmp_path / "out")
    assert code == 1 and messages[-1]["code"] == "model-unreadable"


def test_stops_when_the_host_is_gone(dynamic_model: Path, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", dynamic_model)
    process = start(bundle, tmp_path / "out", "--before", "60", "--stop-when-stdin-closes")
    assert json.loads(process.stdout.readline())["type"] == "hello"
    process.stdin.close()
    assert process.wait(timeout=10) == 1


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for_inference(process: subprocess.Popen[str]) -> int:
    """The process id of infer.py, once it measures."""
    for line in process.stdout:
        if json.loads(line).get("phase") == "warming up":
            return children_of(process.pid)[0]
    raise AssertionError("the inference never began")


LONG = ("--before", "0", "--warmup", "100000000")


def test_answers_fewer_texts_than_it_times_where_another_machine_answers(dynamic_model: Path, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", dynamic_model)
    windows = ("--windows", "1", "--window-inferences", "32", "--window-seconds", "0", "--steady", "0")
    messages, code = run(bundle, tmp_path / "out", "--answers", "5", *windows)
    assert code == 0 and messages[-1]["n"] == 5
    answered = [row["id"] for row in read_lines(tmp_path / "out" / "predictions.jsonl")]
    assert answered == [str(row["id"]) for row in test_rows()[:5]]
    (line,) = read_lines(tmp_path / "out" / "windows.jsonl")
    assert len(line["tokens"]) == 32
    assert run(bundle, tmp_path / "less", "--answers", "5", "--limit", "3")[0][-1]["n"] == 3


def test_says_that_the_inference_was_killed(dynamic_model: Path, tmp_path: Path) -> None:
    process = start(make_bundle(tmp_path / "bundle", dynamic_model), tmp_path / "out", *LONG)
    os.kill(wait_for_inference(process), signal.SIGKILL)
    last = json.loads(process.stdout.read().splitlines()[-1])
    assert last["code"] == "inference-died" and "memory" in last["hint"]
    assert process.wait(timeout=10) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_takes_the_inference_with_it(dynamic_model: Path, tmp_path: Path, number: signal.Signals) -> None:
    process = start(make_bundle(tmp_path / "bundle", dynamic_model), tmp_path / "out", *LONG)
    inference = wait_for_inference(process)
    process.send_signal(number)
    process.stdout.read()
    assert process.wait(timeout=10) == 1
    assert not Path(f"/proc/{inference}").exists()


def test_measures_one_at_a_time(dynamic_model: Path, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", dynamic_model)
    lock = ("--lock", str(tmp_path / "lock"), "--holder", '{"user": "anna", "host": "lab-pc"}')
    first = start(bundle, tmp_path / "one", *LONG, *lock)
    wait_for_inference(first)
    second = start(bundle, tmp_path / "two", *lock)
    assert json.loads(second.stdout.readline())["type"] == "hello"
    waiting = json.loads(second.stdout.readline())["phase"]
    assert re.fullmatch(
        rf"waiting for anna on lab-pc, who works on this device since 20..-..-.. ..:.. UTC \(process {first.pid}\)", waiting
    )
    first.terminate()
    first.communicate(timeout=10)
    assert json.loads(second.communicate(timeout=30)[0].splitlines()[-1])["type"] == "result"


def test_sampling_faster_than_ten_times_a_second_is_refused(tmp_path: Path) -> None:
    process = start(tmp_path, tmp_path / "out", "--sample-hz", "50")
    assert "at most 10" in process.communicate(timeout=10)[1]
    assert process.returncode == 2


def test_a_missing_library_is_named_with_the_command_that_installs_it(tmp_path: Path) -> None:
    command = [sys.executable, "-S", str(AGENT), "--bundle", str(tmp_path), "--out", str(tmp_path / "out")]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    failure = json.loads(finished.stdout)
    assert failure["code"] == "device-unusable"
    assert "npx pipeline devices setup" in failure["hint"]


def test_latency_leaves_out_what_lies_around_the_inference(dynamic_model: Path) -> None:
    from model import Model

    model = Model(str(dynamic_model), 1)
    model.prepare(5)
    wall = time.perf_counter()
    _, seconds = model.run([1, 2, 3, 4, 5])
    assert 0 < seconds <= time.perf_counter() - wall
    assert model.resizes == 1 and model.resize_seconds > 0
