"""Several interpreters that answer side by side, each by one thread: LiteRT lets go of Python while it computes.

One interpreter with as many threads is slower: a short text is too little work to be shared out layer by layer.
"""

from __future__ import annotations

import os
import threading
from itertools import groupby
from typing import Callable, Iterator, List, Optional, Sequence

from board import own_cores
from model import Model

PIECE = 32
"""Texts of one length that an interpreter takes at once: with fewer all would be resized to all lengths."""
MEMORY_SHARE = 0.5
"""Of what is available, for further interpreters."""


def kilobytes_of(path: str, name: str) -> Optional[int]:
    """A figure of /proc/meminfo or of a process's status, kB; None where the system does not tell."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith(name):
                    return int(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return None


def own_kilobytes() -> Optional[int]:
    """Memory of this process that no other shares. The model's file is shared, what the runtime packs from it is not."""
    return kilobytes_of("/proc/self/status", "RssAnon:")


def available_kilobytes() -> Optional[int]:
    return kilobytes_of("/proc/meminfo", "MemAvailable:")


def fitting(before: Optional[int], after: Optional[int], available: Optional[int], most: int) -> int:
    """How many interpreters there is memory for, of `most`: one took `after` less `before` kB, and `available` are left."""
    if before is None or after is None or available is None:
        return 1
    return max(1, min(most, 1 + int(MEMORY_SHARE * available / max(after - before, 1))))


def processors() -> int:
    return len(own_cores() or range(os.cpu_count() or 1))


class Work:
    """Hands out rows in pieces of one length, in the order that they are given."""

    def __init__(self, rows: Sequence[int], length_of: Callable[[int], int]) -> None:
        self._pieces = self._cut(rows, length_of)
        self._lock = threading.Lock()
        self.is_over = False

    @staticmethod
    def _cut(rows: Sequence[int], length_of: Callable[[int], int]) -> Iterator[List[int]]:
        for _, same in groupby(rows, key=length_of):
            group = list(same)
            yield from (group[start : start + PIECE] for start in range(0, len(group), PIECE))

    def take(self) -> List[int]:
        """Empty when nothing is left, or work is over."""
        with self._lock:
            return [] if self.is_over else next(self._pieces, [])


def answer_all(models: Sequence[Model], work: Work, answer: Callable[[Model, int], None]) -> None:
    """Calls `answer` for every row, each model in a thread of its own. The first failure ends all and is raised."""
    failures: List[BaseException] = []

    def run(model: Model) -> None:
        try:
            while piece := work.take():
                for index in piece:
                    if work.is_over:
                        return
                    answer(model, index)
        except BaseException as error:
            work.is_over = True
            failures.append(error)

    threads = [threading.Thread(target=run, args=(model,), daemon=True) for model in models[1:]]
    for thread in threads:
        thread.start()
    run(models[0])
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
