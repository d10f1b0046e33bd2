"""Predictions as they are made, kept on disk so that a start after a crash or a power cut goes on from them."""

from __future__ import annotations

import fcntl
import json
import os
import time
from array import array
from typing import Any, BinaryIO, Dict, Optional

FLUSH_SECONDS = 1.0
SYNC_SECONDS = 5.0
"""What a killed process and a power cut may cost, at most. Answers are not what is timed."""

NOT_ANSWERED = 2**64 - 1
PARTIAL = "predictions.partial.jsonl"
BINDING = "predictions.binding.json"


class Predictions:
    """Appended in the order of the work, each exactly once, and put into test order at the end.

    `binding` names all that an answer depends on: what an earlier start left in `folder` under an equal one is gone on
    with, anything else is removed. Without one everything is made anew.
    """

    def __init__(self, folder: str, count: int, binding: Optional[Dict[str, Any]] = None) -> None:
        self._folder = folder
        self._final = os.path.join(folder, "predictions.jsonl")
        self._partial = os.path.join(folder, PARTIAL)
        self._offsets = array("Q", [NOT_ANSWERED]) * count
        self._position = 0
        self._flushed = self._synced = time.monotonic()
        is_same = self._bind(binding)
        self._file: BinaryIO = open(self._partial, "a+b")
        # A process whose agent was killed writes on until it next has something to say.
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._is_whole = is_same and os.path.exists(self._final)
        if is_same:
            self._read_back()
        self._file.truncate(self._position)
        self.resumed = sum(self.has(index) for index in range(count))
        """How many are those of an earlier start."""

    def _bind(self, binding: Optional[Dict[str, Any]]) -> bool:
        """Whether what lies there was made under this binding; removes it otherwise."""
        path = os.path.join(self._folder, BINDING)
        if binding is not None:
            try:
                with open(path, encoding="utf-8") as file:
                    if json.load(file) == binding:
                        return True
            except (OSError, ValueError):
                pass
        for stale in (path, self._partial, self._final):
            if os.path.exists(stale):
                os.remove(stale)
        if binding is not None:
            with open(path + ".tmp", "w", encoding="utf-8") as file:
                json.dump(binding, file, sort_keys=True)
                file.flush()
                os.fsync(file.fileno())
            os.replace(path + ".tmp", path)
        return False

    def _read_back(self) -> None:
        """Whole lines up to the first that is torn: a power cut may also leave zeros where a line should be."""
        self._file.seek(0)
        for line in self._file:
            index = row_of(line)
            if index is None or index >= len(self._offsets) or self.has(index):
                return
            self._offsets[index] = self._position
            self._position += len(line)

    def has(self, index: int) -> bool:
        """Whether row `index` is answered."""
        return self._is_whole or self._offsets[index] != NOT_ANSWERED

    def append(self, index: int, document: Dict[str, Any]) -> None:
        """Adds the prediction of row `index`."""
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        line = f"{index}\t{text}\n".encode()
        self._offsets[index] = self._position
        self._file.write(line)
        self._position += len(line)
        if time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """What is written so far survives this process, and every few seconds the machine."""
        self._file.flush()
        self._flushed = time.monotonic()
        if self._flushed - self._synced >= SYNC_SECONDS:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def finish(self) -> None:
        """Writes predictions.jsonl in test order and removes the partial file."""
        self._file.close()
        if not self._is_whole:
            with open(self._partial, "rb") as partial, open(self._final + ".tmp", "wb") as final:
                for offset in self._offsets:
                    partial.seek(offset)
                    final.write(partial.readline().split(b"\t", 1)[1])
                final.flush()
                os.fsync(final.fileno())
            os.replace(self._final + ".tmp", self._final)
        os.remove(self._partial)


def row_of(line: bytes) -> Optional[int]:
    """Which row a line of the partial file answers; None when the line is not whole."""
    number, _, text = line.partition(b"\t")
    try:
        if line.endswith(b"\n") and isinstance(json.loads(text), dict):
            return int(number)
    except ValueError:
        pass
    return None
