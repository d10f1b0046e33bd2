"""A measured process of the timing pass: loads the model, warms up until it is steady and times one window of inferences.

    python window.py --bundle DIR --out DIR --threads N --window N --inferences N --seconds S --warmup N --steady S [--limit N]

The texts of a window are every k-th of the test set in the order of length, so that they have its lengths, and as many
as --inferences asks for. They run in that order, again and again until --seconds have passed; only whole rounds, so
that each text counts alike. Resizing and the untimed inference after it are in no latency. It appends one line to
windows.jsonl: the latencies in milliseconds, in the order of the work, and the tokens of each.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import Any, Dict, List, Optional, TextIO, Tuple

from board import own_cores
from program import Progress, check, in_order_of_length, peak_rss_bytes
from protocol import AgentError, claim_stdout, send
from rows import Rows

STEADY_SHARE = 0.01


def chosen_rows(rows: Rows, inferences: int) -> List[int]:
    """At most `inferences` rows, spread evenly over the test set in the order of length."""
    ordered = in_order_of_length(rows)
    if len(ordered) <= inferences:
        return ordered
    return [ordered[(2 * item + 1) * len(ordered) // (2 * inferences)] for item in range(inferences)]


def median(values: List[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


class Window:
    def __init__(self, options: argparse.Namespace, channel: TextIO) -> None:
        from model import Model

        start = time.perf_counter()
        self._model = Model(os.path.join(options.bundle, "model.tflite"), options.threads)
        self.load_seconds = time.perf_counter() - start - self._model.resize_seconds
        rows = Rows(os.path.join(options.bundle, "test.jsonl"), options.limit)
        # Read before anything is timed: a window must not wait for a disk.
        self._rows = [rows[index] for index in chosen_rows(rows, options.inferences)]
        self._options = options
        self._progress = Progress(channel)

    def _run(self, row: Dict[str, Any]) -> float:
        ids, second_from = row["input_ids"], row.get("second_from")
        if self._model.prepare(self._model.length_for(len(ids))):
            self._model.run(ids, second_from)
        logits, seconds = self._model.run(ids, second_from)
        check(logits, str(row["id"]))
        return seconds

    def _say(self, phase: str, share: float) -> None:
        self._progress.say(min(int(100 * share), 99), 100, phase, "per cent")

    def resized(self) -> Tuple[int, float]:
        """How often the model's inputs were resized so far, and for how many seconds."""
        return self._model.resizes, self._model.resize_seconds

    def warm_up(self) -> Dict[str, Any]:
        """Runs the text of median length until two halves of what was timed last agree within 1 %, or time is up."""
        options = self._options
        row = self._rows[len(self._rows) // 2]
        latencies: List[float] = []
        start = time.perf_counter()
        is_steady = False
        while True:
            latencies.append(self._run(row))
            elapsed = time.perf_counter() - start
            self._say(f"warming up for window {options.window}", elapsed / max(options.steady, 1e-3))
            if len(latencies) < max(options.warmup, 2):
                continue
            recent = latencies[-max(options.warmup, 2) :]
            half = len(recent) // 2
            early, late = median(recent[:half]), median(recent[half:])
            is_steady = abs(late - early) <= STEADY_SHARE * early
            if is_steady or elapsed >= options.steady:
                return {"inferences": len(latencies), "seconds": round(elapsed, 3), "steady": is_steady}

    def measure(self) -> Tuple[List[float], List[int], float, float]:
        """Latencies in milliseconds, their tokens, and when the window began and ended (time.perf_counter)."""
        latencies: List[float] = []
        start = time.perf_counter()
        while True:
            for row in self._rows:
                latencies.append(round(self._run(row) * 1000, 4))
                elapsed = time.perf_counter() - start
                done = min(len(latencies) / self._options.inferences, elapsed / max(self._options.seconds, 1e-3))
                self._say(f"window {self._options.window}", done)
            end = time.perf_counter()
            if end - start >= self._options.seconds and len(latencies) >= self._options.inferences:
                break
        tokens = [len(row["input_ids"]) for row in self._rows]
        return latencies, tokens * (len(latencies) // len(tokens)), start, end


def run(options: argparse.Namespace, channel: TextIO) -> Dict[str, Any]:
    window = Window(options, channel)
    warm_up = window.warm_up()
    resizes, resize_seconds = window.resized()
    latencies, tokens, start, end = window.measure()
    more_resizes, more_seconds = window.resized()
    line = {"window": options.window, "latency_ms": latencies, "tokens": tokens}
    with open(os.path.join(options.out, "windows.jsonl"), "a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(line, separators=(",", ":")) + "\n")
    return {
        "type": "result",
        "n": len(latencies),
        # One after each resize; they use energy, too.
        "untimed": more_resizes - resizes,
        "resize_s": round(more_seconds - resize_seconds, 6),
        "load_s": round(window.load_seconds, 6),
        "warm_up": warm_up,
        "peak_rss_bytes": peak_rss_bytes(),
        "cores": own_cores(),
        "window": [start, end],
    }


def main(argv: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--window", type=int, required=True, help="its number, from 1")
    parser.add_argument("--inferences", type=int, required=True, help="timed ones, at least")
    parser.add_argument("--seconds", type=float, required=True, help="of the window, at least")
    parser.add_argument("--warmup", type=int, default=20, help="untimed inferences, at least")
    parser.add_argument("--steady", type=float, default=2.0, help="seconds of warming up, at most")
    parser.add_argument("--limit", type=int, default=None)
    options = parser.parse_args(argv)
    channel = claim_stdout()
    try:
        send(channel, run(options, channel))
        return 0
    except AgentError as error:
        send(channel, error.document())
        return 1


if __name__ == "__main__":
    sys.exit(main())
