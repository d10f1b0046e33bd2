"""Gets a pretrained encoder, or draws a random one. Sources and formats: stages/encoder/README.md."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from edgeline_worker.files import read_json, sha256_of, write_json
from edgeline_worker.presets import spec_of_declaration
from edgeline_worker.protocol import Job, StageError, run_worker
from edgeline_worker.sources import Checkpoint, open_folder, open_wheel
from edgeline_worker.spec import ModelSpec, parameter_count
from edgeline_worker.weights import draw_random_weights, import_weights, save_weights
from edgeline_worker.wordpiece import made_up_vocabulary


def main(job: Job) -> dict[str, Any]:
    declaration: dict[str, Any] = job.options["model"]
    source: str = declaration["weights"]
    folder = job.output_folder("encoder")
    kind, _, _ = source.partition(":")
    if kind == "random":
        spec, card = draw(job, declaration, folder)
    elif kind == "wheel":
        spec, card = take(job, declaration, open_wheel(source, job), folder)
    elif kind == "dir":
        spec, card = take(job, declaration, open_folder(job.external["weights"]), folder)
    elif kind == "hf":
        raise StageError(
            "not-yet-supported",
            f"{source}: weights cannot be fetched from the Hugging Face Hub yet",
            "download the model's folder yourself and declare `weights: dir:PATH`, or `random:SEED` to try things",
        )
    else:
        raise StageError("bad-weights-source", f"cannot read {source!r}", "sources: wheel: dir: random: hf:")
    write_json(folder / "spec.json", spec.to_json())
    write_json(folder / "encoder.json", {"schema": 1, "source": source, "parameters": parameter_count(spec), **card})
    return {"parameters": parameter_count(spec), "pretrained": card["pretrained"]}


def draw(job: Job, declaration: dict[str, Any], folder: Path) -> tuple[ModelSpec, dict[str, Any]]:
    """Random weights; the vocabulary is the given one or a made-up one of the spec's size."""
    seed = declaration["weights"].partition(":")[2]
    if not seed.isdecimal():
        raise StageError(
            "bad-weights-source", f"cannot read {declaration['weights']!r}", "write random:SEED, e.g. random:1"
        )
    given = job.external.get("vocabulary")
    if given is not None:
        vocabulary = given.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        declaration = {**declaration, "vocabulary_size": len(vocabulary)}
        spec = spec_of_declaration(declaration)
    else:
        spec = spec_of_declaration(declaration)
        vocabulary = made_up_vocabulary(spec.vocabulary_size)
    weights = draw_random_weights(
        spec, int(seed), lambda done, total: job.progress(done, total, "tensors", "drawing random weights")
    )
    save_weights(folder / "weights.safetensors", weights)
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    sha256 = sha256_of(folder / "weights.safetensors")
    return spec, {"sha256": sha256, "pretrained": False, "skipped_tensors": [], "licence": None}


def take(
    job: Job, declaration: dict[str, Any], checkpoint: Checkpoint, folder: Path
) -> tuple[ModelSpec, dict[str, Any]]:
    """Weights and vocabulary of a checkpoint. `sha256` is that of the file that they came from."""
    config = read_json(checkpoint.folder / "config.json")
    spec = spec_of_declaration(declaration, config)
    vocabulary = (checkpoint.folder / "vocab.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    if len(vocabulary) > spec.vocabulary_size:
        raise StageError(
            "bad-vocabulary",
            f"the vocabulary has {len(vocabulary)} entries, but the encoder has {spec.vocabulary_size}",
            file="vocab.txt",
        )
    if config.get("hidden_act", spec.activation) != spec.activation:
        raise StageError("bad-model", f"{spec.preset} uses {spec.activation}, but config.json {config['hidden_act']!r}")
    source = checkpoint.folder / "model.safetensors"
    job.progress(0, None, "tensors", "reading the weights")
    weights, skipped = import_weights(source, spec)
    save_weights(folder / "weights.safetensors", weights)
    shutil.copyfile(checkpoint.folder / "vocab.txt", folder / "vocab.txt")
    card = {"sha256": sha256_of(source), "pretrained": True, "skipped_tensors": skipped, "licence": checkpoint.licence}
    return spec, card


if __name__ == "__main__":
    run_worker(main)
