"""What the programs that the agent starts share: their arguments, their lines, and how answers are written."""

from __future__ import annotations

import argparse
import math
import sys
import time
from typing import Any, Callable, Dict, List, Optional, TextIO

from protocol import AgentError, claim_stdout, send
from rows import Rows

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


Inference = Callable[[argparse.Namespace, TextIO], Dict[str, Any]]
"""Measures every row and returns the `result` line."""


def parser_of(description: Optional[str]) -> argparse.ArgumentParser:
    """What every program that the agent starts understands."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--warmup", type=int, default=20)
    parser.add_argument("--limit", type=int, default=None)
    return parser


def main(measure: Inference, parser: argparse.ArgumentParser) -> int:
    """Of such a program: runs it, and says what it failed of."""
    options = parser.parse_args()
    channel = claim_stdout()
    try:
        send(channel, measure(options, channel))
        return 0
    except AgentError as error:
        send(channel, error.document())
        return 1
