"""Asks trained classifiers for their opinion on the training texts. Options and formats: stages/teach/README.md."""

from __future__ import annotations

import os
import shutil
from typing import Any

import numpy as np

from edgeline_worker.batches import read_encoded
from edgeline_worker.checks import check_precision, check_tokens
from edgeline_worker.files import read_json, write_json
from edgeline_worker.finetuning import show_graphics_processors
from edgeline_worker.numerics import accuracy, confusion_matrix, macro_f1
from edgeline_worker.protocol import Job, JobInput, StageError, run_worker
from edgeline_worker.spec import ModelSpec, parameter_count
from edgeline_worker.teaching import mean_probabilities, write_opinions
from edgeline_worker.weights import load_weights


def main(job: Job) -> dict[str, Any]:
    check_precision(job.options["precision"], os.environ.get("ONEDNN_MAX_CPU_ISA", ""))
    fit = job.input("fit").path
    # One order for one set of teachers, however the seeds are listed in pipeline.yaml.
    teachers = sorted(job.inputs("teachers"), key=lambda teacher: teacher.instance)
    for teacher in teachers:
        check_teacher(teacher, job.input("fit"))
    processor: str = job.options.get("processor", "cpu")
    if processor == "gpu":
        show_graphics_processors()
    job.progress(0, None, "rows", "loading TensorFlow")
    # Late: it takes seconds, in which the engine should already hear from us.
    from edgeline_worker.evaluation import compile_prediction, predict_all
    from edgeline_worker.model import TransformerClassifier
    from edgeline_worker.runtime import configure

    job.log(f"teachers are asked on {configure(job.options['threads'], processor=processor)}")
    labels: list[str] = read_json(fit / "labels.json")
    train = read_encoded(fit / "train.jsonl", job.options.get("limit_train"))
    validation = read_encoded(fit / "validation.jsonl")
    opinions: dict[str, list[np.ndarray]] = {"train": [], "validation": []}
    entries: list[dict[str, Any]] = []
    for number, teacher in enumerate(teachers, start=1):
        spec = ModelSpec.from_json(read_json(teacher.path / "spec.json"))
        check_tokens(train, spec)
        model = TransformerClassifier(spec, job.options["precision"])
        model.assign_weights(load_weights(teacher.path / "weights.safetensors", spec))
        predict = compile_prediction(model)
        figures: dict[str, Any] = {"instance": teacher.instance, "digest": teacher.digest}
        figures |= {"preset": spec.preset, "parameters": parameter_count(spec)}
        for split, texts in (("train", train), ("validation", validation)):
            phase = f"teacher {number} of {len(teachers)}, {split}"
            logits = predict_all(predict, texts, len(labels), job, phase)
            check_finite(logits, teacher)
            opinions[split].append(logits)
            figures |= scores(split, logits[:, np.newaxis], texts.labels)
        entries.append(figures)
    # (texts, teachers, classes)
    stacked = {split: np.stack(arrays, axis=1) for split, arrays in opinions.items()}
    together = scores("train", stacked["train"], train.labels)
    together |= scores("validation", stacked["validation"], validation.labels)

    folder = job.output_folder("teacher")
    write_opinions(folder / "train.jsonl", fit / "train.jsonl", stacked["train"])
    shutil.copyfile(fit / "labels.json", folder / "labels.json")
    write_json(folder / "teacher.json", {"schema": 1, "teachers": entries, "together": together})
    return {"teachers": len(teachers), **{name: round(value, 4) for name, value in together.items()}}


def check_teacher(teacher: JobInput, fit: JobInput) -> None:
    """Raises StageError `labels-differ` or `wrong-encoding` when a teacher cannot read these texts."""
    if read_json(teacher.path / "labels.json") != read_json(fit.path / "labels.json"):
        raise StageError("labels-differ", f"{teacher.instance} knows other labels than the texts of {fit.instance}")
    own, given = read_json(teacher.path / "encoding.json"), read_json(fit.path / "encoding.json")
    if own != given:
        differing = ", ".join(name for name in sorted(own | given) if own.get(name) != given.get(name))
        raise StageError(
            "wrong-encoding",
            f"{teacher.instance} was trained on texts that were encoded otherwise than those of {fit.instance}: "
            f"{differing} differ",
            "take `teach` from the `encode` stage that its teachers were trained on",
        )


def check_finite(logits: np.ndarray, teacher: JobInput) -> None:
    """Raises StageError `non-finite-logits`."""
    if not np.isfinite(logits).all():
        raise StageError(
            "non-finite-logits",
            f"{teacher.instance} answers with numbers that are not finite",
            "train it again, at a lower learning_rate or in float32",
        )


def scores(split: str, logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Of float32 (texts, teachers, classes): how often the teachers together are right."""
    predicted = mean_probabilities(logits, 1.0).argmax(axis=1)
    confusion = confusion_matrix(labels, predicted, logits.shape[2])
    return {f"{split}_accuracy": accuracy(confusion), f"{split}_macro_f1": macro_f1(confusion)}


if __name__ == "__main__":
    run_worker(main)
