"""The state of a training on disk, so that one that was killed goes on at its step.

A state is two files: the arrays, one after the other in NumPy's format, and a JSON document with all the rest and the
SHA-256 of the arrays, which is renamed into place last. A state without its document was never finished.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from edgeline_worker.files import sha256_of

KEPT = 2
"""The newest may be damaged by what ended the machine; then the one before it is as good, only older."""

LEAST_SECONDS = 5.0
"""Between two states within an epoch."""

LARGEST_SHARE = 0.05
"""Of the time, spent on writing states: a large model is saved less often."""

ASSUMED_BYTES_PER_SECOND = 300e6
"""Until the first state was written and it is known."""

SECONDS_VARIABLE = "EDGELINE_CHECKPOINT_SECONDS"
"""Environment variable with the seconds between two states, whatever they cost."""


@dataclass(frozen=True)
class SavedState:
    """A whole state; its arrays are read one at a time, since they are several times the size of the model."""

    step: int
    document: dict[str, Any]
    _arrays: Path

    def arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        with self._arrays.open("rb") as file:
            for name in self.document["arrays"]:
                yield name, np.load(file, allow_pickle=False)


class Checkpoints:
    """States of one training in one folder; without a folder nothing is ever saved."""

    def __init__(self, folder: Path | None, state_bytes: int = 0) -> None:
        self.folder = folder
        self.last_step: int | None = None
        self._last = time.monotonic()
        fixed = os.environ.get(SECONDS_VARIABLE)
        self._fixed_seconds = None if fixed is None else float(fixed)
        self._cost = state_bytes / ASSUMED_BYTES_PER_SECOND
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def due(self) -> bool:
        """Whether a state should be saved now, within an epoch."""
        if self.folder is None:
            return False
        pause = self._fixed_seconds
        if pause is None:
            pause = max(LEAST_SECONDS, self._cost / LARGEST_SHARE)
        return time.monotonic() - self._last >= pause

    def save(self, step: int, arrays: Iterable[tuple[str, np.ndarray]], document: Mapping[str, Any]) -> None:
        """Saves the state after `step` whole or not at all, and takes away all but the newest."""
        if self.folder is None:
            return
        started = time.monotonic()
        names: list[str] = []
        target = self._file(step, "arrays")
        with _replacing(target) as file:
            hashing = _HashingFile(file)
            for name, array in arrays:
                names.append(name)
                np.save(hashing, array, allow_pickle=False)
        whole = {**document, "step": step, "arrays": names, "sha256": hashing.digest()}
        with _replacing(self._file(step, "json")) as file:
            file.write(json.dumps(whole, allow_nan=False).encode())
        for old in self._steps()[KEPT:]:
            self._remove(old)
        self.last_step = step
        self._last = time.monotonic()
        self._cost = self._last - started

    def load(self) -> tuple[SavedState | None, list[str]]:
        """The newest whole state, and what is wrong with newer ones, in words. Those are taken away."""
        problems: list[str] = []
        if self.folder is None:
            return None, problems
        for leftover in self.folder.glob("*.tmp"):
            leftover.unlink(missing_ok=True)
        for step in self._steps():
            try:
                document = json.loads(self._file(step, "json").read_bytes())
                if sha256_of(self._file(step, "arrays")) != document["sha256"]:
                    raise ValueError("its bytes are not those that were written")
            except (OSError, ValueError, KeyError, TypeError) as error:
                problems.append(f"the state of step {step} cannot be used: {error}")
                self._remove(step)
                continue
            self.last_step = step
            return SavedState(step, document, self._file(step, "arrays")), problems
        return None, problems

    def _steps(self) -> list[int]:
        """Of all states, newest first, those whose document is missing included."""
        assert self.folder is not None
        return sorted({int(path.stem.removeprefix("step-")) for path in self.folder.glob("step-*.*")}, reverse=True)

    def _file(self, step: int, suffix: str) -> Path:
        assert self.folder is not None
        return self.folder / f"step-{step:09d}.{suffix}"

    def _remove(self, step: int) -> None:
        # The document first: what is left if this is interrupted is no state.
        for suffix in ("json", "arrays"):
            self._file(step, suffix).unlink(missing_ok=True)


class _HashingFile:
    """Hashes what is written, which NumPy hands over in parts."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        return self._file.write(data)

    def digest(self) -> str:
        return self._hash.hexdigest()


@contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name when it is whole and on the disk."""
    temporary = target.with_name(target.name + ".tmp")
    with temporary.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, target)
