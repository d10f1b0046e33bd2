"""Converts a SavedModel to one TFLite file. Options and formats: stages/convert/README.md."""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from edgeline_worker.files import read_json, write_json
from edgeline_worker.flatbuffer import check_stands_alone, summarize
from edgeline_worker.protocol import Job, StageError, run_worker
from edgeline_worker.spec import ModelSpec

PARITY_INPUTS = 64
PARITY_LENGTH = 48
"""The longest of the texts that both models are compared on; tweets are rarely longer."""

LARGEST_DIFFERENCE = {"fp32": 1e-3, "fp16": 0.1}
"""Of logits. float16 weights have 11 bits; int8 is judged by the accuracy that `evaluate` measures."""

STEPS = 3


def main(job: Job) -> dict[str, Any]:
    job.progress(0, STEPS, "steps", "loading TensorFlow")
    # Late: it takes seconds, in which the engine should already hear from us.
    from edgeline_worker.conversion import convert, measure_parity, probe_texts
    from edgeline_worker.runtime import configure, versions

    configure(job.threads)
    saved_model = job.input("model").path
    precision: str = job.options["precision"]
    declared = job.options["sequence_length"]
    document = read_json(saved_model / "edgeline.json")
    spec = ModelSpec.from_json(document["spec"])
    fixed: int | None = None if declared == "dynamic" else declared
    if fixed is not None and fixed > spec.max_positions:
        raise StageError(
            "too-long",
            f"sequence_length is {fixed}, but the model has {spec.max_positions} positions",
            f"set sequence_length to {spec.max_positions} or less, or to dynamic",
        )

    job.progress(1, STEPS, "steps", f"converting to {precision}")
    started = time.perf_counter()
    tflite = convert(saved_model, precision, fixed)
    seconds = time.perf_counter() - started
    reasons = check_stands_alone(tflite)
    if reasons:
        raise StageError(
            "does-not-stand-alone",
            f"the {precision} file cannot run on a device by itself: {'; '.join(reasons)}",
            "this is a fault of Edgeline or of the converter: please report it with the model's spec",
        )
    target = job.output("tflite")
    target.write_bytes(tflite)

    job.progress(2, STEPS, "steps", "comparing with the SavedModel")
    longest = min(fixed or PARITY_LENGTH, spec.max_positions)
    probes = probe_texts(spec.vocabulary_size, longest, PARITY_INPUTS)
    pairs = document["input"] == "entity-tweet"
    parity = measure_parity(saved_model, target, probes, job.threads, pairs)
    check_parity(precision, parity.max_abs_logit_difference)
    summary = summarize(tflite)
    card = {
        "schema": 1,
        "precision": precision,
        "sequence_length": declared,
        "bytes": len(tflite),
        "sha256": hashlib.sha256(tflite).hexdigest(),
        "ops": summary.operators,
        "op_count": summary.operator_count,
        "stands_alone": True,
        "labels": document["labels"],
        "max_length": document["max_length"],
        "input": document["input"],
        "seconds": seconds,
        "versions": {**versions(), "litert": version("ai-edge-litert")},
        "parity": asdict(parity),
    }
    write_json(job.output("conversion"), card)
    return {
        "bytes": len(tflite),
        "ops": summary.operator_count,
        "max_abs_logit_difference": round(parity.max_abs_logit_difference, 6),
    }


def check_parity(precision: str, difference: float) -> None:
    """Raises StageError `not-equivalent` when the file does not compute what the SavedModel does."""
    if not math.isfinite(difference) or difference > LARGEST_DIFFERENCE.get(precision, math.inf):
        raise StageError(
            "not-equivalent",
            f"the {precision} file's logits differ from the SavedModel's by up to {difference:.3g}",
            "weights beyond 65504 do not fit into fp16; otherwise please report it with the model's spec",
        )


if __name__ == "__main__":
    run_worker(main)
