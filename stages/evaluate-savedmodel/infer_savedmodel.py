"""The measured process where tfjs-node cannot be built: the SavedModel in TensorFlow from Python.

    python infer_savedmodel.py AGENT --bundle DIR --out DIR --threads N --warmup N [--limit N]

AGENT is the folder of the agent, whose modules it uses. As infer.ts beside it, with the same order of texts, lines on standard output and predictions.jsonl.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from typing import Any, TextIO

sys.path.insert(0, sys.argv.pop(1))

from infer import Progress, peak_rss_bytes
from protocol import AgentError, claim_stdout, send
from rows import Predictions, Rows


def infer(bundle: str, out: str, threads: int, warmup: int, limit: int | None, channel: TextIO) -> dict[str, Any]:
    """Measures every row and returns the `result` line. Times are seconds of time.perf_counter."""
    import numpy as np
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    progress = Progress(channel)
    loading = time.perf_counter()
    # Held by a name of its own: its variables live as long as it does.
    model = tf.saved_model.load(os.path.join(bundle, "saved_model"))
    serve = model.signatures["serving_default"]
    load_seconds = time.perf_counter() - loading
    rows = Rows(os.path.join(bundle, "test.jsonl"), limit)
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

    for done in range(warmup):
        run(rows[done % total])
        progress.say(done + 1, warmup, "warming up")
    predictions = Predictions(out, total)
    length, resizes, resize_seconds = 0, 0, 0.0
    window_start = time.perf_counter()
    for done, index in enumerate(sorted(range(total), key=lambda item: (rows.tokens[item], item)), start=1):
        row = rows[index]
        if len(row["input_ids"]) != length:
            length = len(row["input_ids"])
            resizes += 1
            resize_seconds += run(row)[1]
        raw, seconds = run(row)
        if not all(math.isfinite(value) for value in raw):
            message = f"the model answered {raw} for the tweet {row['id']}"
            raise AgentError("non-finite-logits", message, "Train it again, at a lower learning_rate.")
        logits = [float(f"{value:.9g}") for value in raw]
        predictions.append(
            index,
            {
                "id": row["id"],
                "entity": row["entity"],
                "label": row["label"],
                "predicted": max(range(len(logits)), key=lambda item: logits[item]),
                "logits": logits,
                "latency_ms": round(seconds * 1000, 4),
                "tokens": length,
            },
        )
        if done % 100 == 0:
            predictions.flush()
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--warmup", type=int, default=20)
    parser.add_argument("--limit", type=int, default=None)
    options = parser.parse_args()
    channel = claim_stdout()
    try:
        send(channel, infer(options.bundle, options.out, options.threads, options.warmup, options.limit, channel))
        return 0
    except AgentError as error:
        send(channel, error.document())
        return 1


if __name__ == "__main__":
    sys.exit(main())
