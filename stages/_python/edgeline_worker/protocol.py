"""How a worker talks to the engine: `job.json` in, JSON lines on file descriptor 3 out.

The messages are those of `WorkerMessage` in pipeline/contract/worker.ts: `hello` first, then `progress`, `metric`
and `log` in any order, last one `result` or one `failure`. stdout and stderr belong to the libraries and are logs.
"""

from __future__ import annotations

import errno
import json
import math
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

PROTOCOL_VERSION = 1
PROTOCOL_FILE_DESCRIPTOR = 3
HEARTBEAT_SECONDS = 10.0

EXIT_STAGE_ERROR = 1
EXIT_BUG = 70
FULL_DISK = (errno.ENOSPC, errno.EDQUOT)
ROOM = "Make room (`npx pipeline gc --dry-run` says what can go) and run the same command again."


class StageError(Exception):
    """Something is wrong with what the stage was given or with what came of it, in words for the user.

    `code` is stable, kebab-case and listed in the README of the stage. Anything else that is raised is a bug of ours.
    """

    def __init__(
        self, code: str, message: str, hint: str | None = None, file: str | None = None, line: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.file = file
        self.line = line


class Channel:
    """Writes messages, one JSON object a line; safe to call from several threads."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._last_progress: dict[str, Any] | None = None
        self._last_written = time.monotonic()

    def send(self, message: dict[str, Any]) -> None:
        """Writes one message and flushes it.

        Raises ValueError when a number in it is NaN or infinite, which JSON cannot say.
        """
        line = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        with self._lock:
            if message["type"] == "progress":
                self._last_progress = message
            self._stream.write(line + "\n")
            self._stream.flush()
            self._last_written = time.monotonic()

    def repeat_progress(self) -> None:
        """Sends the last progress again if nothing was sent for a while: long native calls send nothing themselves."""
        if self._last_progress is not None and time.monotonic() - self._last_written >= HEARTBEAT_SECONDS:
            self.send(self._last_progress)


@dataclass(frozen=True)
class JobInput:
    """One artifact that the job reads; see `JobInput` in pipeline/contract/worker.ts."""

    path: Path
    digest: str
    artifact: str
    instance: str


class Job:
    """A `JobDocument` with its paths as `Path` and with the way to report."""

    def __init__(self, document: dict[str, Any], channel: Channel) -> None:
        self.document = document
        self.instance: str = document["instance"]
        self.options: dict[str, Any] = document["options"]
        self.coordinates: dict[str, Any] = document["coordinates"]
        self.outputs = {name: Path(path) for name, path in document["outputs"].items()}
        self.external = {name: Path(path) for name, path in document["external"].items()}
        self.scratch_dir = Path(document["scratch_dir"])
        self.cache_dir = Path(document["cache_dir"])
        self.threads: int = document["threads"]
        resume_dir = document.get("resume_dir")
        self.resume_dir = None if resume_dir is None else Path(resume_dir)
        """Outlives this attempt, and whatever ends it, until the result is stored; another attempt finds it as it was."""
        self._channel = channel

    def input(self, name: str) -> JobInput:
        """The only artifact of the input called `name`."""
        (found,) = self.inputs(name)
        return found

    def inputs(self, name: str) -> list[JobInput]:
        """All artifacts of the input called `name`, in the order of the graph."""
        return [
            JobInput(Path(found["path"]), found["digest"], found["artifact"], found["instance"])
            for found in self.document["inputs"][name]
        ]

    def output(self, name: str) -> Path:
        """Where to write the output called `name`; the folder above it exists."""
        path = self.outputs[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def output_folder(self, name: str) -> Path:
        """Where to write the tree called `name`; it exists."""
        path = self.outputs[name]
        path.mkdir(parents=True, exist_ok=True)
        return path

    def progress(self, done: int, total: int | None, unit: str, phase: str | None = None) -> None:
        message: dict[str, Any] = {"type": "progress", "done": done, "unit": unit}
        if total is not None:
            message["total"] = total
        if phase is not None:
            message["phase"] = phase
        self._channel.send(message)

    def metric(self, name: str, value: float, step: int | None = None) -> None:
        """Streams one figure; one that is not finite is left out, since JSON cannot say it."""
        if math.isfinite(value):
            message: dict[str, Any] = {"type": "metric", "name": name, "value": value}
            self._channel.send(message if step is None else {**message, "step": step})

    def log(self, message: str, level: str = "info") -> None:
        self._channel.send({"type": "log", "level": level, "message": message})


def _open_protocol() -> TextIO:
    """File descriptor 3, or stderr when the worker is run by hand."""
    try:
        os.fstat(PROTOCOL_FILE_DESCRIPTOR)
        # A tool that the worker starts must not be able to write on the protocol.
        os.set_inheritable(PROTOCOL_FILE_DESCRIPTOR, False)
        return os.fdopen(PROTOCOL_FILE_DESCRIPTOR, "w", encoding="utf-8")
    except OSError:
        return sys.stderr


def _start_heartbeat(channel: Channel) -> None:
    def beat() -> None:
        while True:
            time.sleep(HEARTBEAT_SECONDS / 2)
            channel.repeat_progress()

    threading.Thread(target=beat, name="heartbeat", daemon=True).start()


def _failure_of(error: StageError) -> dict[str, Any]:
    failure = {"code": error.code, "message": error.message, "hint": error.hint}
    failure |= {"file": error.file, "line": error.line}
    return {"type": "failure", **{key: value for key, value in failure.items() if value is not None}}


def run_worker(main: Callable[[Job], dict[str, Any]]) -> None:
    """Runs `main` on the job whose path is the first argument of the process, and ends the process.

    What `main` returns becomes the `summary` of the result. A `StageError` becomes a `failure` and exit code 1;
    so does a full disk; any other exception is a bug: its traceback goes to stderr and the exit code is 70.
    """
    if len(sys.argv) != 2:
        print(f"usage: python {sys.argv[0]} path/to/job.json", file=sys.stderr)
        sys.exit(2)
    channel = Channel(_open_protocol())
    channel.send({"type": "hello", "protocol": PROTOCOL_VERSION})
    _start_heartbeat(channel)
    exit_code = 0
    try:
        document = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
        summary = main(Job(document, channel))
        channel.send({"type": "result", "summary": summary})
    except StageError as error:
        channel.send(_failure_of(error))
        exit_code = EXIT_STAGE_ERROR
    except BrokenPipeError:
        exit_code = EXIT_BUG
    except Exception as error:
        if getattr(error, "errno", None) in FULL_DISK:
            # Said here: when the engine looks, others may have made room again.
            channel.send(_failure_of(StageError("disk-full", f"no space left on the disk: {error}", hint=ROOM)))
            exit_code = EXIT_STAGE_ERROR
        else:
            traceback.print_exc()
            exit_code = EXIT_BUG
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: native threads of TensorFlow may delay or crash an orderly shutdown after the work is done.
    os._exit(exit_code)
