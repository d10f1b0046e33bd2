"""Writes a checkpoint as a SavedModel. Formats: stages/export/README.md."""

from __future__ import annotations

import shutil
from typing import Any

from edgeline_worker.files import read_json, sha256_of, write_json
from edgeline_worker.protocol import Job, run_worker
from edgeline_worker.spec import ModelSpec, multiply_accumulates, parameter_count
from edgeline_worker.weights import load_weights
from edgeline_worker.wordpiece import load_tokenizer

OPTIMIZER_BYTES = 8
"""For each parameter: AdamW's two moments in float32. They are not exported, and Keras' own checkpoints hold them."""

FLOPS_LENGTH = 32
"""Tokens for which the card counts operations."""


def operations(spec: ModelSpec) -> dict[str, int]:
    """Multiply-accumulates at FLOPS_LENGTH tokens, and for any length n: fixed + per_token n + per_token_squared n²."""
    # Linear layers see each token, attention sees each pair of them: three counts are enough to know the rest.
    none, one, two = (multiply_accumulates(spec, length) for length in (0, 1, 2))
    squared = (two - 2 * one + none) // 2
    return {
        "length": FLOPS_LENGTH,
        "count": multiply_accumulates(spec, FLOPS_LENGTH),
        "fixed": none,
        "per_token": one - none - squared,
        "per_token_squared": squared,
    }


def main(job: Job) -> dict[str, Any]:
    job.progress(0, None, "steps", "loading TensorFlow")
    # Late: it takes seconds, in which the engine should already hear from us.
    from edgeline_worker.runtime import configure, versions
    from edgeline_worker.savedmodel import INPUT_NAMES, SIGNATURE, check_saved_model, write_saved_model

    # Always one: TensorFlow writes their number into the graph, and a result must not depend on who has how many.
    configure(1)
    checkpoint = job.input("checkpoint").path
    spec = ModelSpec.from_json(read_json(checkpoint / "spec.json"))
    labels: list[str] = read_json(checkpoint / "labels.json")
    encoding = read_json(checkpoint / "encoding.json")
    weights = load_weights(checkpoint / "weights.safetensors", spec)

    job.progress(1, 3, "steps", "writing the SavedModel")
    folder = job.output_folder("model")
    write_saved_model(folder, spec, weights)
    how_texts_are_cut = {"max_length": encoding["max_length"], "input": encoding["input"]}
    began_with = read_json(checkpoint / "encoder.json")
    document = {
        "schema": 1,
        "labels": labels,
        "spec": spec.to_json(),
        "weights": {name: began_with[name] for name in ("source", "sha256", "pretrained")},
        **how_texts_are_cut,
    }
    write_json(folder / "edgeline.json", document)
    shutil.copyfile(checkpoint / "vocab.txt", folder / "vocab.txt")
    tokenizer = load_tokenizer(folder / "vocab.txt", encoding["max_length"], encoding["input"] == "entity-tweet")
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)

    job.progress(2, 3, "steps", "loading it again")
    difference = check_saved_model(folder, spec, weights, pair=encoding["input"] == "entity-tweet")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    listed = [
        {"path": path.relative_to(folder).as_posix(), "size": path.stat().st_size, "sha256": sha256_of(path)}
        for path in files
    ]
    write_json(folder / "manifest.json", {"schema": 1, "files": listed})
    size = sum(entry["size"] for entry in listed)
    card = {
        "schema": 1,
        "signature": SIGNATURE,
        "inputs": list(INPUT_NAMES),
        "labels": labels,
        **how_texts_are_cut,
        "parameters": parameter_count(spec),
        "multiply_accumulates": operations(spec),
        "bytes": size,
        "bytes_with_optimizer_state": size + OPTIMIZER_BYTES * parameter_count(spec),
        "files": {entry["path"]: entry["sha256"] for entry in listed},
        "max_abs_logit_difference": difference,
        "versions": versions(),
    }
    write_json(job.output("card"), card)
    return {"parameters": card["parameters"], "bytes": card["bytes"]}


if __name__ == "__main__":
    run_worker(main)
