"""Gets a pretrained encoder, or draws a random one. Sources and formats: stages/encoder/README.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgeline_worker.checkpoints import read_vocabulary
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
        # Late: importing the Hub's library takes a moment.
        from edgeline_worker.hub import open_repository

        spec, card = take(job, declaration, open_repository(source, job), folder)
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
    return spec, {"sha256": sha256, "pretrained": False, "files": {}, "skipped_tensors": [], "licence": None}


def take(
    job: Job, declaration: dict[str, Any], checkpoint: Checkpoint, folder: Path
) -> tuple[ModelSpec, dict[str, Any]]:
    """Weights and vocabulary of a checkpoint. `sha256` is that of the file that the weights came from, or of the index
    of its shards.
    """
    config = read_json(checkpoint.folder / "config.json")
    spec = spec_of_declaration(declaration, config)
    vocabulary = read_vocabulary(checkpoint.folder)
    if len(vocabulary) > spec.vocabulary_size:
        raise StageError(
            "bad-vocabulary",
            f"the vocabulary has {len(vocabulary)} entries, but the encoder's embedding has {spec.vocabulary_size}",
            "take the vocabulary that came with these weights",
        )
    weights, skipped = import_weights(
        checkpoint.tensor_files,
        spec,
        config["num_hidden_layers"],
        lambda done, total: job.progress(done, total, "tensors", "reading the weights"),
    )
    save_weights(folder / "weights.safetensors", weights)
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    read = ("config.json", "vocab.txt", "tokenizer.json", "tokenizer_config.json", *checkpoint.weight_files)
    files = {name: sha256_of(checkpoint.folder / name) for name in read if (checkpoint.folder / name).is_file()}
    card = {
        "sha256": files[checkpoint.weight_files[0]],
        "files": files,
        "pretrained": True,
        "skipped_tensors": skipped,
        "licence": checkpoint.licence,
    }
    return spec, card if checkpoint.commit is None else {**card, "commit": checkpoint.commit}


if __name__ == "__main__":
    run_worker(main)
