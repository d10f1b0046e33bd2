"""Trains a classifier on labels and on what teachers think. Options and formats: stages/distill/README.md."""

from __future__ import annotations

from itertools import islice
from typing import Any

from edgeline_worker.batches import EncodedTexts
from edgeline_worker.files import read_json, read_json_lines
from edgeline_worker.finetuning import Objective, default_objective, train_classifier
from edgeline_worker.protocol import Job, StageError, run_worker
from edgeline_worker.teaching import mean_probabilities, opinions_on


def main(job: Job) -> dict[str, Any]:
    teacher, fit = job.input("teacher"), job.input("fit")
    if read_json(teacher.path / "labels.json") != read_json(fit.path / "labels.json"):
        raise StageError("labels-differ", f"{teacher.instance} knows other labels than the texts of {fit.instance}")
    temperature: float = job.options["temperature"]
    alpha: float = job.options["alpha"]

    def objective(texts: EncodedTexts, labels: list[str]) -> Objective:
        from edgeline_worker.losses import distillation

        rows = islice(read_json_lines(fit.path / "train.jsonl"), len(texts))
        opinions = opinions_on(teacher.path / "train.jsonl", rows)
        targets = mean_probabilities(opinions, temperature).astype("float32")
        hard = default_objective(job.options, texts, len(labels)).loss
        return Objective(distillation(hard, temperature, alpha), targets)

    card = read_json(teacher.path / "teacher.json")
    distilled = {
        "from": [entry["instance"] for entry in card["teachers"]],
        "temperature": temperature,
        "alpha": alpha,
        "teacher": card["together"],
    }
    return train_classifier(job, objective, {"distilled": distilled})


if __name__ == "__main__":
    run_worker(main)
