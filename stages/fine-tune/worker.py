"""Fine-tunes a classifier on an encoder. Options and formats: stages/fine-tune/README.md."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from edgeline_worker.batches import EncodedTexts, read_encoded
from edgeline_worker.files import read_json, write_json
from edgeline_worker.protocol import Job, StageError, run_worker
from edgeline_worker.spec import ModelSpec, parameter_count
from edgeline_worker.weights import Weights, draw_classifier, load_weights, save_weights


WITHOUT_BFLOAT16 = ("SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2")
"""Values of ONEDNN_MAX_CPU_ISA with which oneDNN has no bfloat16; TensorFlow goes by the processor and is ended by it."""


def main(job: Job) -> dict[str, Any]:
    check_precision(job.options["precision"], os.environ.get("ONEDNN_MAX_CPU_ISA", ""))
    job.progress(0, None, "steps", "loading TensorFlow")
    # Late: it takes seconds, in which the engine should already hear from us.
    from edgeline_worker.model import TransformerClassifier
    from edgeline_worker.runtime import configure, peak_resident_bytes
    from edgeline_worker.training import Trainer, TrainingOptions

    options = job.options
    configure(options["threads"], options["seed"])
    encoder, fit = job.input("encoder").path, job.input("fit").path
    labels: list[str] = read_json(fit / "labels.json")
    texts = read_encoded(fit / "train.jsonl", options.get("limit_train"))
    validation = read_encoded(fit / "validation.jsonl")

    encoder_spec = ModelSpec.from_json(read_json(encoder / "spec.json"))
    check_tokens(texts, encoder_spec)
    spec = encoder_spec.with_head(len(labels))
    job.progress(0, None, "steps", "building the model")
    model = TransformerClassifier(spec, options["precision"])
    weights = load_weights(encoder / "weights.safetensors", encoder_spec)
    model.assign_weights(weights | draw_classifier(spec, options["seed"]))
    del weights

    job.progress(0, None, "steps", "compiling the training step")
    names = ("learning_rate", "batch_size", "epochs", "warmup_fraction", "weight_decay", "gradient_clip_norm", "seed")
    trainer = Trainer(model, texts, validation, TrainingOptions(**{name: options[name] for name in names}), job)
    trainer.train()
    log = trainer.log

    write_checkpoint(job.output_folder("checkpoint"), encoder, fit, spec, model.weights_as_arrays())
    best = log.epochs[log.best_epoch - 1]
    training = {
        "schema": 1,
        "options": options,
        "precision": options["precision"],
        "threads": options["threads"],
        "parameters": parameter_count(spec),
        "steps_per_epoch": log.steps_per_epoch,
        "epochs": log.epochs,
        "best_epoch": log.best_epoch,
        "loss": log.loss,
        "confusion": log.confusion,
        "labels": labels,
        "peak_rss_bytes": peak_resident_bytes(),
    }
    write_json(job.output("training"), training)
    return {
        "validation_macro_f1": round(best["validation_macro_f1"], 4),
        "validation_accuracy": round(best["validation_accuracy"], 4),
        "best_epoch": log.best_epoch,
        "samples_per_s": round(best["samples_per_s"], 1),
    }


def check_precision(precision: str, instruction_set: str) -> None:
    """Raises StageError `precision-not-possible` when oneDNN is told to use instructions that have no bfloat16."""
    if precision == "bfloat16" and instruction_set.upper() in WITHOUT_BFLOAT16:
        raise StageError(
            "precision-not-possible",
            f"ONEDNN_MAX_CPU_ISA={instruction_set} leaves no instructions for bfloat16",
            "unset that variable, or set precision to float32",
        )


def check_tokens(texts: EncodedTexts, spec: ModelSpec) -> None:
    """Raises StageError `wrong-vocabulary` when the texts were not encoded for this encoder."""
    largest = max(int(tokens.max()) for tokens in texts.token_ids)
    longest = int(texts.lengths.max())
    if largest >= spec.vocabulary_size or longest > spec.max_positions:
        raise StageError(
            "wrong-vocabulary",
            f"the texts have token {largest} and up to {longest} tokens, but the encoder knows "
            f"{spec.vocabulary_size} tokens and {spec.max_positions} positions",
            "take `encode` and `fine-tune` from the same encoder",
        )


def write_checkpoint(folder: Path, encoder: Path, fit: Path, spec: ModelSpec, weights: Weights) -> None:
    """All that is needed to use the classifier: weights, spec, vocabulary, labels, and how texts are cut."""
    save_weights(folder / "weights.safetensors", weights)
    write_json(folder / "spec.json", spec.to_json())
    for source in (encoder / "vocab.txt", fit / "labels.json", fit / "encoding.json"):
        shutil.copyfile(source, folder / source.name)


if __name__ == "__main__":
    run_worker(main)
