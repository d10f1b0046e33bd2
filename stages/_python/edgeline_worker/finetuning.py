"""Training of a classifier as a job: reads the encoder and the texts, trains, and writes the outputs.

The stages that train share it; they differ in what their losses want.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeline_worker.batches import EncodedTexts, padded, read_encoded
from edgeline_worker.checkpointing import Checkpoints
from edgeline_worker.checks import check_labels, check_memory, check_precision, check_tokens, out_of_memory
from edgeline_worker.files import read_json, write_json
from edgeline_worker.memory import MemoryEstimate, available_bytes
from edgeline_worker.protocol import Job
from edgeline_worker.spec import ModelSpec, parameter_count
from edgeline_worker.weights import Weights, draw_classifier, load_weights, save_weights

if TYPE_CHECKING:
    from edgeline_worker.losses import Loss
    from edgeline_worker.training import TrainingOptions

STATE_COPIES = 4
"""Weights, two moments and the best weights: what a saved state holds."""


@dataclass(frozen=True)
class Objective:
    """What a training makes small: a loss, and the soft targets that it wants, float32 (texts, n)."""

    loss: Loss
    soft_targets: np.ndarray | None = None


def train_classifier(
    job: Job,
    objective: Callable[[EncodedTexts, list[str]], Objective] | None = None,
    notes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Trains on the inputs `encoder` and `fit`, writes the outputs `checkpoint`, `training` and `predictions`, and
    returns the summary.

    `objective` is called with the training texts and the labels, after TensorFlow is loaded; without it the loss is
    cross-entropy as the options say. `notes` are members that training.json gets beside its own.
    """
    options = job.options
    check_precision(options["precision"], os.environ.get("ONEDNN_MAX_CPU_ISA", ""))
    processor: str = options.get("processor", "cpu")
    if processor == "gpu":
        show_graphics_processors()
    job.progress(0, None, "steps", "loading TensorFlow")
    # Late: it takes seconds, in which the engine should already hear from us.
    import tensorflow as tf

    from edgeline_worker.evaluation import write_predictions
    from edgeline_worker.model import TransformerClassifier
    from edgeline_worker.runtime import configure, peak_resident_bytes
    from edgeline_worker.training import Trainer, TrainingOptions

    device = configure(options["threads"], options["seed"], processor)
    encoder, fit = job.input("encoder").path, job.input("fit").path
    labels: list[str] = read_json(fit / "labels.json")
    texts = read_encoded(fit / "train.jsonl", options.get("limit_train"))
    validation = read_encoded(fit / "validation.jsonl")

    encoder_spec = ModelSpec.from_json(read_json(encoder / "spec.json"))
    check_tokens(texts, encoder_spec)
    check_labels(fit / "train.jsonl", texts, labels, every_class=True)
    check_labels(fit / "validation.jsonl", validation, labels, every_class=False)
    dropouts = {name: options[name] for name in ("dropout", "attention_dropout") if name in options}
    spec = replace(encoder_spec, **dropouts).with_head(len(labels))
    training_options = TrainingOptions(
        **{field.name: options[field.name] for field in fields(TrainingOptions) if field.name in options}
    )
    estimate = estimate_memory(spec, texts, training_options, options["precision"])
    if processor == "cpu":
        check_memory(job, estimate, available_bytes())
    job.progress(0, None, "steps", "building the model")
    model = TransformerClassifier(spec, options["precision"])
    weights = load_weights(encoder / "weights.safetensors", encoder_spec)
    model.assign_weights(weights | draw_classifier(spec, options["seed"]))
    del weights

    job.progress(0, None, "steps", "compiling the training step")
    parameters = parameter_count(spec)
    wanted = default_objective(options, texts, len(labels)) if objective is None else objective(texts, labels)
    trainer = Trainer(
        model,
        texts,
        validation,
        training_options,
        job,
        wanted.loss,
        wanted.soft_targets,
        Checkpoints(job.resume_dir, STATE_COPIES * 4 * parameters),
    )
    try:
        trainer.train()
    except tf.errors.ResourceExhaustedError as error:
        raise out_of_memory(error.message, processor) from error
    log = trainer.log

    write_checkpoint(job.output_folder("checkpoint"), encoder, fit, spec, model.weights_as_arrays())
    write_predictions(job.output("predictions"), fit / "validation.jsonl", trainer.validation_logits)
    training = {
        "schema": 1,
        "options": options,
        "precision": options["precision"],
        "threads": options["threads"],
        "parameters": parameters,
        "steps_per_epoch": log.steps_per_epoch,
        "epochs": log.epochs,
        "best_epoch": log.best_epoch,
        "kept": log.kept,
        "best": log.best,
        "stopped_early": log.stopped_early,
        "resumed_at": log.resumed_at,
        "loss": log.loss,
        "confusion": log.confusion,
        "labels": labels,
        "processor": processor,
        "device": device,
        "peak_rss_bytes": peak_resident_bytes(),
        "estimated_memory_bytes": estimate.of_parts(training_options.gradient_accumulation).total,
        **(notes or {}),
    }
    write_json(job.output("training"), training)
    return {
        "validation_macro_f1": round(log.best["validation_macro_f1"], 4),
        "validation_accuracy": round(log.best["validation_accuracy"], 4),
        "best_epoch": log.best_epoch,
        "samples_per_s": round(log.epochs[log.best_epoch - 1]["samples_per_s"], 1),
    }


def show_graphics_processors() -> None:
    """Before TensorFlow is imported: undoes that this package hides them."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") == "-1":
        del os.environ["CUDA_VISIBLE_DEVICES"]


def estimate_memory(
    spec: ModelSpec, texts: EncodedTexts, options: TrainingOptions, precision: str
) -> MemoryEstimate:
    """Of the batch of the longest texts."""
    return MemoryEstimate(
        spec,
        rows=min(options.batch_size, len(texts)),
        length=padded(int(texts.lengths.max())),
        precision=precision,
        averaged=options.average != "none",
        kept=options.epochs > 1,
    )


def default_objective(options: Mapping[str, Any], texts: EncodedTexts, classes: int) -> Objective:
    """Cross-entropy, smoothed and weighted by class as the options say."""
    from edgeline_worker.losses import balanced_class_weights, cross_entropy

    balanced = options.get("class_weights", "none") == "balanced"
    weights = balanced_class_weights(texts.labels, classes) if balanced else None
    return Objective(cross_entropy(weights, options.get("label_smoothing", 0.0)))


def write_checkpoint(folder: Path, encoder: Path, fit: Path, spec: ModelSpec, weights: Weights) -> None:
    """All that is needed to use the classifier: weights, spec, vocabulary, labels, how texts are cut, and what it was
    before it was trained."""
    save_weights(folder / "weights.safetensors", weights)
    write_json(folder / "spec.json", spec.to_json())
    for source in (encoder / "vocab.txt", encoder / "encoder.json", fit / "labels.json", fit / "encoding.json"):
        shutil.copyfile(source, folder / source.name)
