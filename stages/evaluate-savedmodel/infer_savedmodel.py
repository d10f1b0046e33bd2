"""The measured process where tfjs-node cannot be built: the SavedModel in TensorFlow from Python.

    python infer_savedmodel.py AGENT --bundle DIR --out DIR --threads N --warmup N [--limit N]

AGENT is the folder of the agent, whose modules it uses. As infer.ts beside it, with the same order of texts, lines on standard output and predictions.jsonl.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any, TextIO

sys.path.insert(0, sys.argv.pop(1))

from predictions import Predictions
from program import Progress, check, in_order_of_length, main, parser_of, peak_rss_bytes, prediction
from rows import Rows

UNSTABLE = "Train it again, at a lower learning_rate."


def infer(options: argparse.Namespace, channel: TextIO) -> dict[str, Any]:
    """Measures every row and returns the `result` line. Times are seconds of time.perf_counter."""
    import numpy as np
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    progress = Progress(channel)
    loading = time.perf_counter()
    # Held by a name of its own: its variables live as long as it does.
    model = tf.saved_model.load(os.path.join(options.bundle, "saved_model"))
    serve = model.signatures["serving_default"]
    load_seconds = time.perf_counter() - loading
    rows = Rows(os.path.join(options.bundle, "test.jsonl"), options.limit)
    total = len(rows)

    def run(row: dict[str, Any]) -> tuple[list[float], float]:
        ids = np.array([row["input_ids"]], np.int32)
        types = (np.arange(ids.shape[1]) >= row.get("second_from", ids.shape[1])).astype(np.int32)[np.newaxis]
        start = time.perf_counter()
        logits = serve(
            input_ids=tf.constant(ids),
            attention_mask=tf.constant(np.ones_like(ids)),
            token_type_ids=tf.constant(types),
        )["logits"].numpy()[0]
        return logits.tolist(), time.perf_counter() - start

    for done in range(options.warmup):
        run(rows[done % total])
        progress.say(done + 1, options.warmup, "warming up")
    predictions = Predictions(options.out, total)
    length, resizes, resize_seconds = 0, 0, 0.0
    window_start = time.perf_counter()
    for done, index in enumerate(in_order_of_length(rows), start=1):
        row = rows[index]
        if len(row["input_ids"]) != length:
            length = len(row["input_ids"])
            resizes += 1
            resize_seconds += run(row)[1]
        raw, seconds = run(row)
        predictions.append(index, prediction(row, check(raw, str(row["id"]), UNSTABLE), seconds))
        progress.say(done, total, "measuring")
    window_end = time.perf_counter()
    predictions.finish()
    return {
        "type": "result",
        "n": total,
        "truncated": 0,
        "fixed_length": None,
        "load_s": round(load_seconds, 6),
        "resizes": resizes,
        "resize_s": round(resize_seconds, 6),
        "window": [window_start, window_end],
        "peak_rss_bytes": peak_rss_bytes(),
        "delegate": "",
        "runtime": f"TensorFlow {tf.__version__} from Python",
    }


if __name__ == "__main__":
    sys.exit(main(infer, parser_of(__doc__)))
