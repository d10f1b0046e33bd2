"""The worker's side of the protocol, spoken by real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from worker_rig import PACKAGE

JOB = {
    "instance": "x",
    "options": {},
    "coordinates": {},
    "inputs": {},
    "outputs": {},
    "external": {},
    "scratch_dir": ".",
    "cache_dir": ".",
    "threads": 1,
}


def run(
    body: str, folder: Path, with_protocol: bool = True, heartbeat_seconds: float = 10.0
) -> tuple[int, list[dict[str, Any]], str]:
    """Runs a worker whose `main` has this body; returns exit code, messages and stderr."""
    worker = folder / "worker.py"
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    worker.write_text(
        "import time\n"
        "import edgeline_worker.protocol as protocol\n"
        "from edgeline_worker.protocol import StageError, run_worker\n"
        f"protocol.HEARTBEAT_SECONDS = {heartbeat_seconds}\n"
        f"def main(job):\n{lines}run_worker(main)\n"
    )
    (folder / "job.json").write_text(json.dumps(JOB))
    messages = folder / "messages"
    redirect = f"3>{messages}" if with_protocol else "3>&-"
    finished = subprocess.run(
        ["bash", "-c", f'exec "$0" worker.py job.json {redirect}', sys.executable],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
        capture_output=True,
        text=True,
    )
    text = messages.read_text() if with_protocol else finished.stderr
    return finished.returncode, [json.loads(line) for line in text.splitlines()], finished.stderr


def test_hello_comes_first_and_the_result_last(tmp_path: Path) -> None:
    exit_code, messages, _ = run(
        "job.progress(1, 4, 'rows', 'reading')\n"
        "job.progress(2, None, 'bytes')\n"
        "job.metric('loss', 0.5, 3)\n"
        "job.log('odd', 'warning')\n"
        "print('noise of a library')\n"
        "return {'rows': 4}",
        tmp_path,
    )
    assert exit_code == 0
    assert messages == [
        {"type": "hello", "protocol": 1},
        {"type": "progress", "done": 1, "unit": "rows", "total": 4, "phase": "reading"},
        {"type": "progress", "done": 2, "unit": "bytes"},
        {"type": "metric", "name": "loss", "value": 0.5, "step": 3},
        {"type": "log", "level": "warning", "message": "odd"},
        {"type": "result", "summary": {"rows": 4}},
    ]


def test_a_stage_error_is_a_failure_without_traceback(tmp_path: Path) -> None:
    exit_code, messages, stderr = run(
        "raise StageError('bad-row', 'row 3 is odd', 'look at it', file='a.jsonl', line=3)", tmp_path
    )
    assert exit_code == 1
    assert messages[-1] == {
        "type": "failure",
        "code": "bad-row",
        "message": "row 3 is odd",
        "hint": "look at it",
        "file": "a.jsonl",
        "line": 3,
    }
    assert stderr == ""


def test_any_other_exception_is_our_bug(tmp_path: Path) -> None:
    exit_code, messages, stderr = run("return {}['missing']", tmp_path)
    assert exit_code == 70
    assert [message["type"] for message in messages] == ["hello"]
    assert "KeyError: 'missing'" in stderr


def test_a_result_that_json_cannot_say_is_our_bug(tmp_path: Path) -> None:
    exit_code, messages, stderr = run("return {'f1': float('nan')}", tmp_path)
    assert exit_code == 70
    assert [message["type"] for message in messages] == ["hello"]
    assert "ValueError" in stderr


def test_a_metric_that_is_not_finite_is_left_out(tmp_path: Path) -> None:
    _, messages, _ = run("job.metric('loss', float('inf'), 1)\nreturn {}", tmp_path)
    assert [message["type"] for message in messages] == ["hello", "result"]


def test_run_by_hand_the_protocol_is_on_stderr(tmp_path: Path) -> None:
    exit_code, messages, _ = run("return {}", tmp_path, with_protocol=False)
    assert exit_code == 0
    assert [message["type"] for message in messages] == ["hello", "result"]


def test_the_last_progress_is_repeated_in_long_silences(tmp_path: Path) -> None:
    _, messages, _ = run(
        "job.progress(1, 2, 'steps', 'long')\ntime.sleep(2)\nreturn {}", tmp_path, heartbeat_seconds=0.2
    )
    repeated = [message for message in messages if message["type"] == "progress"]
    assert len(repeated) >= 3
    assert all(message == repeated[0] for message in repeated)


def test_a_full_disk_is_no_bug_of_ours(tmp_path: Path) -> None:
    # /dev/full answers every write as a full disk does.
    exit_code, messages, stderr = run("with open('/dev/full', 'w') as file:\n    file.write('x')", tmp_path)
    assert exit_code == 1
    assert messages[-1]["type"] == "failure" and messages[-1]["code"] == "disk-full"
    assert "no space left on the disk" in messages[-1]["message"] and "pipeline gc" in messages[-1]["hint"]
    assert "Traceback" not in stderr
