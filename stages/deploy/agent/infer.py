"""The measured process: loads the model, warms up, runs every text once and times each inference.

    python infer.py --bundle DIR --out DIR --threads N --warmup N [--limit N]

Texts run one at a time in the order of their length, so that a model of dynamic length is resized as rarely as
possible. Resizing is no part of a latency: its count and time are reported beside. After each resize one untimed
inference runs, because the runtime finishes its set-up there. It writes predictions.jsonl in test order.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from typing import Any, Callable, Dict, List, Optional, TextIO

from protocol import AgentError, claim_stdout, send
from rows import Predictions, Rows

PROGRESS_SECONDS = 0.5


def peak_rss_bytes() -> int:
    """Peak resident memory of this program. getrusage would also count what the process was before exec."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


class Progress:
    """Tells the agent how far the work is, at most twice a second."""

    def __init__(self, channel: TextIO) -> None:
        self._channel = channel
        self._last = 0.0

    def say(self, done: int, total: int, phase: str, unit: str = "tweets") -> None:
        now = time.monotonic()
        if now - self._last >= PROGRESS_SECONDS or done == total:
            self._last = now
            send(self._channel, {"type": "progress", "done": done, "total": total, "unit": unit, "phase": phase})


BROKEN_FILE = "The converted file is broken: compare it with its SavedModel (conversion.json, parity)."


def check(logits: List[float], row_id: str, hint: str = BROKEN_FILE) -> List[float]:
    """The logits, to float32's nine significant digits. Raises AgentError with this hint when one is not finite."""
    if not all(math.isfinite(value) for value in logits):
        raise AgentError("non-finite-logits", f"the model answered {logits} for the tweet {row_id}", hint)
    return [float(f"{value:.9g}") for value in logits]


def in_order_of_length(rows: Rows) -> List[int]:
    return sorted(range(len(rows)), key=lambda item: (rows.tokens[item], item))


def prediction(row: Dict[str, Any], logits: List[float], seconds: float) -> Dict[str, Any]:
    """A line of predictions.jsonl."""
    return {
        "id": row["id"],
        "entity": row["entity"],
        "label": row["label"],
        "predicted": max(range(len(logits)), key=lambda item: logits[item]),
        "logits": logits,
        "latency_ms": round(seconds * 1000, 4),
        "tokens": len(row["input_ids"]),
    }


def infer(bundle: str, out: str, threads: int, warmup: int, limit: Optional[int], channel: TextIO) -> Dict[str, Any]:
    """Measures every row and returns the `result` line. Times are seconds of time.perf_counter."""
    from model import Model

    progress = Progress(channel)
    loading = time.perf_counter()
    model = Model(os.path.join(bundle, "model.tflite"), threads)
    load_seconds = time.perf_counter() - loading - model.resize_seconds
    rows = Rows(os.path.join(bundle, "test.jsonl"), limit)
    total = len(rows)
    for done in range(warmup):
        row = rows[done % total]
        model.prepare(model.length_for(len(row["input_ids"])))
        check(model.run(row["input_ids"], row.get("second_from"))[0], str(row["id"]))
        progress.say(done + 1, warmup, "warming up")
    model.resizes, model.resize_seconds = 0, 0.0

    predictions = Predictions(out, total)
    truncated = 0
    window_start = time.perf_counter()
    for done, index in enumerate(in_order_of_length(rows), start=1):
        row = rows[index]
        ids, second_from = row["input_ids"], row.get("second_from")
        length = model.length_for(len(ids))
        truncated += len(ids) > length
        if model.prepare(length):
            model.run(ids, second_from)
        raw, seconds = model.run(ids, second_from)
        predictions.append(index, prediction(row, check(raw, str(row["id"])), seconds))
        if done % 100 == 0:
            predictions.flush()
        progress.say(done, total, "measuring")
    window_end = time.perf_counter()
    predictions.finish()
    return {
        "type": "result",
        "n": total,
        "truncated": truncated,
        "fixed_length": model.fixed_length,
        "load_s": round(load_seconds, 6),
        "resizes": model.resizes,
        "resize_s": round(model.resize_seconds, 6),
        "window": [window_start, window_end],
        "peak_rss_bytes": peak_rss_bytes(),
        "delegate": model.delegate(),
    }


Inference = Callable[[str, str, int, int, Optional[int], TextIO], Dict[str, Any]]
"""As `infer`."""


def main(measure: Inference, description: Optional[str]) -> int:
    """Of a program that the agent starts: its command line, and what it says when it fails."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--warmup", type=int, default=20)
    parser.add_argument("--limit", type=int, default=None)
    options = parser.parse_args()
    channel = claim_stdout()
    try:
        send(channel, measure(options.bundle, options.out, options.threads, options.warmup, options.limit, channel))
        return 0
    except AgentError as error:
        send(channel, error.document())
        return 1


if __name__ == "__main__":
    sys.exit(main(infer, __doc__))
