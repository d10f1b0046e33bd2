"""Converts a frozen graph to one TFLite file, with proof. Options and formats: stages/convert/README.md."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeline_worker.batches import EncodedTexts, read_encoded
from edgeline_worker.files import read_json, read_json_lines, sha256_of, write_json
from edgeline_worker.flatbuffer import check_operators, check_stands_alone, summarize
from edgeline_worker.proof import WORST, Gate, WeightError, as_json, bytes_by_part, compare, gates_of, weight_errors
from edgeline_worker.protocol import Job, StageError, run_worker

if TYPE_CHECKING:
    from edgeline_worker.conversion import TfliteRunner


def main(job: Job) -> dict[str, Any]:
    job.progress(0, None, "steps", "loading TensorFlow")
    # Late: it takes seconds, in which the engine should already hear from us.
    from edgeline_worker.conversion import TfliteRunner, convert, read_graph, weights_of
    from edgeline_worker.metadata import Metadata, add_metadata
    from edgeline_worker.runtime import configure, peak_resident_bytes, versions

    configure(job.threads)
    frozen = job.input("frozen").path
    precision: str = job.options["precision"]
    document, made = read_json(frozen / "edgeline.json"), read_json(frozen / "freeze.json")
    family: str = document["spec"]["family"]

    job.progress(0, None, "steps", f"converting to {precision}")
    started = time.perf_counter()
    graph = read_graph(frozen / "graph.pb")
    tflite = convert(graph, precision)
    source = {
        "schema": 1,
        "precision": precision,
        "sequence_length": made["sequence_length"],
        **{name: document[name] for name in ("labels", "max_length", "input", "weights")},
        "rewrites": made["rewrites"],
        "vocabulary_sha256": sha256_of(frozen / "vocab.txt"),
        "graph_sha256": sha256_of(frozen / "graph.pb"),
    }
    description = f"{document['spec']['preset']}, {precision}: int32 token ids, mask and types to logits"
    tflite = add_metadata(tflite, Metadata("Edgeline classifier", description, document["labels"], source))
    seconds = time.perf_counter() - started
    reasons = check_stands_alone(tflite) or check_operators(tflite, family, made["sequence_length"] == "dynamic")
    if reasons:
        raise StageError(
            "does-not-stand-alone",
            f"the {precision} file is not one for a device: {'; '.join(reasons)}",
            "this is a fault of Edgeline or of the converter: please report it with the model's spec",
        )
    target = job.output("tflite")
    target.write_bytes(tflite)

    texts = read_encoded(frozen / "texts.jsonl")
    expected = np.array([row["logits"] for row in read_json_lines(frozen / "texts.jsonl")], np.float32)
    runner = TfliteRunner(target, job.threads)
    fitting = np.flatnonzero(texts.lengths <= (runner.fixed_length or texts.lengths.max()))
    actual = answers(runner, texts.take(fitting), job)
    parity = compare(expected[fitting], actual, texts.labels[fitting])
    errors = weight_errors(tflite, weights_of(graph))
    gates = gates_of(precision, parity, document["weights"]["pretrained"])
    accepted = job.options.get("accept", {}).get(precision)
    check_gates(precision, gates, errors, accepted)
    summary = summarize(tflite)
    card = {
        "schema": 2,
        "precision": precision,
        "sequence_length": made["sequence_length"],
        "bytes": len(tflite),
        "bytes_by_part": bytes_by_part(tflite),
        "sha256": hashlib.sha256(tflite).hexdigest(),
        "ops": summary.operators,
        "op_count": summary.operator_count,
        "stands_alone": True,
        **{name: document[name] for name in ("labels", "max_length", "input")},
        "rewrites": made["rewrites"],
        "seconds": seconds,
        "peak_rss_bytes": peak_resident_bytes(),
        "versions": {**versions(), "litert": version("ai-edge-litert")},
        "parity": asdict(parity),
        "weights_compared": len(errors),
        "worst_weights": [asdict(error) for error in errors[:WORST]],
        "gates": as_json(gates),
        **({} if accepted is None else {"accepted": accepted}),
    }
    write_json(job.output("conversion"), card)
    return {
        "bytes": len(tflite),
        "ops": summary.operator_count,
        "max_abs_logit_difference": round(parity.max_abs_logit_difference, 6),
        "argmax_agreement": round(parity.argmax_agreement, 4),
    }


def answers(runner: TfliteRunner, texts: EncodedTexts, job: Job) -> np.ndarray:
    """float32 (texts, labels), one text at a time; the shortest first, since each new length is prepared anew."""
    found: list[np.ndarray] = [np.zeros(0)] * len(texts)
    for done, index in enumerate(np.argsort(texts.lengths, kind="stable"), start=1):
        found[index] = runner.logits(texts.token_ids[index], int(texts.second_from[index]))
        if done % 16 == 0 or done == len(texts):
            job.progress(done, len(texts), "texts", "comparing with the SavedModel")
    return np.stack(found)


def check_gates(precision: str, gates: list[Gate], errors: list[WeightError], accepted: str | None) -> None:
    """Raises StageError `past-gate` naming the gates and the weights that lost most, unless that is accepted."""
    failed = [gate for gate in gates if gate.passed is False]
    if not failed or accepted is not None:
        return
    past = "; ".join(f"{gate.name} is {gate.value:.4g}, and the gate is {gate.limit:.4g}" for gate in failed)
    worst = ", ".join(f"{error.name} ({error.relative:.2%})" for error in errors[:3])
    raise StageError(
        "past-gate",
        f"the {precision} file does not say what the SavedModel says: {past}. Weights that lost most: {worst}",
        f"if that is what you want, say why in the stage's options: accept: {{ {precision}: \"the reason\" }}; "
        "weights beyond 65504 do not fit into fp16",
    )


if __name__ == "__main__":
    run_worker(main)
