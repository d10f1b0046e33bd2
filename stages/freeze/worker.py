"""Makes a SavedModel a graph of constants for one text. Options and formats: stages/freeze/README.md."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from edgeline_worker.batches import read_encoded
from edgeline_worker.checks import check_tokens
from edgeline_worker.files import read_json, read_json_lines, write_json, write_json_lines
from edgeline_worker.protocol import Job, StageError, run_worker
from edgeline_worker.rewrites import rewrite
from edgeline_worker.spec import ModelSpec

EXACT_TEXTS = 16
"""How many of the texts the frozen graph is compared on; `convert` compares its files on all of them."""

LARGEST_DIFFERENCE = 1e-4
"""Of logits, times the largest of them where that is over 1: rewrites are exact but for rounding."""


def main(job: Job) -> dict[str, Any]:
    job.progress(0, None, "steps", "loading TensorFlow")
    # Late: it takes seconds, in which the engine should already hear from us.
    from edgeline_worker.freezing import freeze, largest_difference, open_saved_model
    from edgeline_worker.runtime import configure, versions

    # Always one: TensorFlow writes their number into the graph, and a result must not depend on who has how many.
    configure(1)
    saved_model, fit = job.input("model").path, job.input("fit").path
    document = read_document(saved_model)
    spec = ModelSpec.from_json(document["spec"])
    fixed = fixed_length(job.options["sequence_length"], spec)
    validation = read_encoded(fit / "validation.jsonl")
    rows = choose(len(validation), job.options["texts"])
    texts = validation.take(rows)
    check_tokens(texts, spec)
    if read_json(fit / "labels.json") != document["labels"]:
        raise StageError("labels-differ", "the SavedModel knows other labels than the texts")

    job.progress(0, None, "steps", "loading the SavedModel")
    served = open_saved_model(saved_model, spec)
    expected = served.logits(texts, job)
    job.progress(0, None, "steps", "rewriting and freezing")
    rewritten = rewrite(spec, served.weights, job.options["rewrites"])
    graph = freeze(spec, rewritten, fixed)
    short = np.flatnonzero(texts.lengths <= (fixed or spec.max_positions))[:EXACT_TEXTS]
    if len(short) == 0:
        raise StageError(
            "too-short",
            f"sequence_length is {fixed}, but the shortest of {len(texts)} validation texts has {texts.lengths.min()} tokens",
            "set sequence_length to the length of nearly all tweets (encode.json tells), or to dynamic",
        )
    difference = largest_difference(graph, texts.take(short), expected[short], fixed)
    limit = LARGEST_DIFFERENCE * max(1.0, float(np.abs(expected).max()))
    if not difference <= limit:
        raise StageError(
            "rewrite-differs",
            f"the rewritten graph's logits differ from the SavedModel's by up to {difference:.3g}",
            "leave rewrites out one by one (`rewrites: []` is none) to see which, and report it with the model's spec",
        )

    folder = job.output_folder("frozen")
    (folder / "graph.pb").write_bytes(graph.SerializeToString(deterministic=True))
    for name in ("edgeline.json", "vocab.txt"):
        shutil.copyfile(saved_model / name, folder / name)
    write_json_lines(folder / "texts.jsonl", expectations(fit / "validation.jsonl", rows, expected))
    card = {
        "schema": 1,
        "sequence_length": job.options["sequence_length"],
        "rewrites": list(rewritten.applied),
        "blocks_with_norms_kept": rewritten.kept_norms,
        "texts": len(rows),
        "max_abs_logit_difference": difference,
        "versions": versions(),
    }
    write_json(folder / "freeze.json", card)
    return {"rewrites": len(rewritten.applied), "max_abs_logit_difference": round(difference, 8)}


def read_document(saved_model: Path) -> dict[str, Any]:
    """Raises StageError `foreign-saved-model`."""
    if not (saved_model / "edgeline.json").is_file():
        raise StageError(
            "foreign-saved-model",
            "this SavedModel cannot be frozen: it has no edgeline.json, which says what it is",
            "give the SavedModel of the stage `export`, or make one like it (stages/export/README.md)",
        )
    return read_json(saved_model / "edgeline.json")


def fixed_length(declared: int | str, spec: ModelSpec) -> int | None:
    """Raises StageError `too-long`."""
    if declared == "dynamic":
        return None
    length = int(declared)
    if length > spec.max_positions:
        raise StageError(
            "too-long",
            f"sequence_length is {length}, but the model has {spec.max_positions} positions",
            f"set sequence_length to {spec.max_positions} or less, or to dynamic",
        )
    return length


def choose(total: int, count: int) -> np.ndarray:
    """Rows of a split of `total`, drawn once and for all; all where there are no more."""
    return np.sort(np.random.Generator(np.random.PCG64(0)).permutation(total)[:count])


def expectations(path: Path, rows: np.ndarray, logits: np.ndarray) -> list[dict[str, Any]]:
    """The encoded rows with what the SavedModel says of them, to float32's nine significant digits."""
    chosen = set(rows.tolist())
    kept = [row for index, row in enumerate(read_json_lines(path)) if index in chosen]
    return [
        {**row, "logits": [float(f"{value:.9g}") for value in values]}
        for row, values in zip(kept, logits.tolist(), strict=True)
    ]


if __name__ == "__main__":
    run_worker(main)
