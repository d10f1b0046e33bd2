"""The pass over all texts, each once, for what the model answers.

    python infer.py --bundle DIR --out DIR --threads N --warmup N [--workers N] [--resume] [--limit N]

Texts run one at a time in the order of their length, so that a model of dynamic length is resized as rarely as
possible. Resizing is no part of a latency: its count and time are reported beside. After each resize one untimed
inference runs, because the runtime finishes its set-up there. It writes predictions.jsonl in test order. With several
workers there is no untimed inference, and latencies are those of texts that ran side by side: a device's latency is
what window.py measures.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import threading
import time
from importlib.metadata import version
from typing import Any, Dict, List, TextIO

from crew import Work, answer_all, available_kilobytes, fitting, own_kilobytes, processors
from model import Model
from predictions import Predictions
from program import Progress, check, in_order_of_length, main, parser_of, peak_rss_bytes, prediction
from rows import Rows, sha256_of


class Answering:
    """The pass over all rows that an earlier start has not answered."""

    def __init__(self, options: argparse.Namespace, channel: TextIO) -> None:
        self._options = options
        self._path = os.path.join(options.bundle, "model.tflite")
        self._before = own_kilobytes()
        self._threads = options.threads if options.workers == 1 else 1
        loading = time.perf_counter()
        self._model = Model(self._path, self._threads)
        self.load_seconds = time.perf_counter() - loading - self._model.resize_seconds
        self._rows = Rows(os.path.join(options.bundle, "test.jsonl"), options.limit)
        self._progress = Progress(channel)

    def _length_of(self, index: int) -> int:
        return self._model.length_for(self._rows.tokens[index])

    def warm_up(self) -> None:
        for done in range(self._options.warmup):
            row = self._rows[done % len(self._rows)]
            self._model.prepare(self._model.length_for(len(row["input_ids"])))
            check(self._model.run(row["input_ids"], row.get("second_from"))[0], str(row["id"]))
            self._progress.say(done + 1, self._options.warmup, "warming up")
        self._model.resizes, self._model.resize_seconds = 0, 0.0

    def _crew(self, longest: int) -> List[Model]:
        """As many interpreters as were asked for, or as processors and memory allow; together they have all processors."""
        most = self._options.workers or processors()
        if most == 1:
            return [self._model]
        row = self._rows[longest]
        self._model.prepare(self._length_of(longest))
        self._model.run(row["input_ids"], row.get("second_from"))
        count = self._options.workers or fitting(self._before, own_kilobytes(), available_kilobytes(), most)
        self._threads = max(1, processors() // count) if self._options.workers == 0 else 1
        if self._threads > 1:
            self._model = Model(self._path, self._threads)
        models = [self._model, *(Model(self._path, self._threads) for _ in range(count - 1))]
        for model in models:
            model.resizes, model.resize_seconds = 0, 0.0
        return models

    def run(self) -> Dict[str, Any]:
        """The `result` line. Times are seconds of time.perf_counter."""
        options, rows = self._options, self._rows
        total = len(rows)
        predictions = Predictions(options.out, total, binding_of(options) if options.resume else None)
        left = [index for index in in_order_of_length(rows) if not predictions.has(index)]
        models = self._crew(left[-1]) if left else [self._model]
        lock = threading.Lock()
        answered = predictions.resumed

        def answer(model: Model, index: int) -> None:
            nonlocal answered
            row = rows[index]
            ids, second_from = row["input_ids"], row.get("second_from")
            if model.prepare(model.length_for(len(ids))) and len(models) == 1:
                model.run(ids, second_from)
            raw, seconds = model.run(ids, second_from)
            document = prediction(row, check(raw, str(row["id"])), seconds)
            with lock:
                predictions.append(index, document)
                answered += 1
                self._progress.say(answered, total, "measuring")

        start = time.perf_counter()
        answer_all(models, Work(left, self._length_of), answer)
        end = time.perf_counter()
        predictions.finish()
        return {
            "type": "result",
            "n": total,
            "resumed_answers": predictions.resumed,
            "workers": len(models),
            "threads_each": self._threads,
            "truncated": sum(tokens > self._length_of(index) for index, tokens in enumerate(rows.tokens)),
            "fixed_length": self._model.fixed_length,
            "load_s": round(self.load_seconds, 6),
            "resizes": sum(model.resizes for model in models),
            "resize_s": round(sum(model.resize_seconds for model in models), 6),
            "window": [start, end],
            "peak_rss_bytes": peak_rss_bytes(),
            "delegate": self._model.delegate(),
        }


def binding_of(options: argparse.Namespace) -> Dict[str, Any]:
    """All that an answer depends on."""
    return {
        "schema": 1,
        "model_sha256": sha256_of(os.path.join(options.bundle, "model.tflite")),
        "test_sha256": sha256_of(os.path.join(options.bundle, "test.jsonl")),
        "limit": options.limit,
        "litert": version("ai-edge-litert"),
        "machine": platform.machine(),
    }


def infer(options: argparse.Namespace, channel: TextIO) -> Dict[str, Any]:
    answering = Answering(options, channel)
    answering.warm_up()
    return answering.run()


if __name__ == "__main__":
    own = parser_of(__doc__)
    own.add_argument("--workers", type=int, default=1, help="interpreters; 0: as many as processors and memory allow")
    own.add_argument("--resume", action="store_true", help="go on from what an earlier start answered")
    sys.exit(main(infer, own))
