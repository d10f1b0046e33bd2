"""Turns texts into WordPiece token ids. Options and formats: stages/encode/README.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from edgeline_worker.files import read_json, read_json_lines, write_json, write_json_lines
from edgeline_worker.protocol import Job, StageError, run_worker
from edgeline_worker.spec import ModelSpec
from edgeline_worker.wordpiece import load_tokenizer

CHUNK = 2000
"""Texts that are handed to the tokenizer at once; it works on them in parallel."""


def main(job: Job) -> dict[str, Any]:
    encoder = job.input("encoder").path
    fit, test = job.input("fit").path, job.input("test").path
    max_length: int = job.options["max_length"]
    positions = ModelSpec.from_json(read_json(encoder / "spec.json")).max_positions
    if max_length > positions:
        raise StageError(
            "too-long",
            f"max_length is {max_length}, but the encoder has {positions} positions",
            f"set max_length to {positions} or less",
        )
    labels: list[str] = read_json(fit / "labels.json")
    if read_json(test / "labels.json") != labels:
        raise StageError("labels-differ", "the labels of the test split are not those of the training split")
    splits = [
        ("train", fit / "train.jsonl", job.output_folder("fit")),
        ("validation", fit / "validation.jsonl", job.output_folder("fit")),
        ("test", test / "test.jsonl", job.output_folder("test")),
    ]
    vocabulary = encoder / "vocab.txt"
    tokens: dict[str, dict[str, Any]] = {}
    truncated: dict[str, int] = {}
    for name, source, folder in splits:
        lengths, truncated[name] = encode_split(job, vocabulary, max_length, source, folder / f"{name}.jsonl", labels)
        tokens[name] = describe_lengths(lengths)
        write_json(folder / "labels.json", labels)
    # Travels with the texts to all that is made of them: how texts have to be cut that the model shall classify.
    write_json(job.output_folder("fit") / "encoding.json", {"schema": 1, "max_length": max_length})
    card = {"schema": 1, "max_length": max_length, "tokens": tokens, "truncated": truncated}
    write_json(job.output("card"), card)
    return {"texts": sum(entry["n"] for entry in tokens.values()), "mean_tokens": round(tokens["train"]["mean"], 1)}


def encode_split(
    job: Job, vocabulary: Path, max_length: int, source: Path, target: Path, labels: list[str]
) -> tuple[np.ndarray, int]:
    """Writes one split; returns how many tokens each text has, int64 (texts,), and how many texts were cut."""
    tokenizer = load_tokenizer(vocabulary, max_length)
    classes = {label: index for index, label in enumerate(labels)}
    rows = list(read_json_lines(source))
    encoded: list[dict[str, Any]] = []
    truncated = 0
    for first in range(0, len(rows), CHUNK):
        chunk = rows[first : first + CHUNK]
        for offset, (row, encoding) in enumerate(
            zip(chunk, tokenizer.encode_batch([row["text"] for row in chunk]), strict=True)
        ):
            if row["label"] not in classes:
                raise StageError(
                    "unknown-label",
                    f"tweet {row['id']} has the label {row['label']!r}, which labels.json does not have",
                    file=source.name,
                    line=first + offset + 1,
                )
            truncated += bool(encoding.overflowing)
            encoded.append(
                {
                    "id": row["id"],
                    "entity": row["entity"],
                    "label": classes[row["label"]],
                    "input_ids": encoding.ids,
                }
            )
        job.progress(len(encoded), len(rows), "rows", f"encoding {source.stem}")
    write_json_lines(target, encoded)
    return np.array([len(row["input_ids"]) for row in encoded], dtype=np.int64), truncated


def describe_lengths(lengths: np.ndarray) -> dict[str, Any]:
    """Tokens per text, [CLS] and [SEP] included. `p95` is a length that occurs: 95 % of texts have at most so many."""
    if len(lengths) == 0:
        return {"n": 0, "mean": 0.0, "p95": 0, "max": 0}
    return {
        "n": len(lengths),
        "mean": float(lengths.mean()),
        "p95": int(np.percentile(lengths, 95, method="higher")),
        "max": int(lengths.max()),
    }


if __name__ == "__main__":
    run_worker(main)
