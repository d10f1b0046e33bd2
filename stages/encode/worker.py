"""Turns texts into WordPiece token ids. Options and formats: stages/encode/README.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from edgeline_worker.files import read_json, read_json_lines, sha256_of, write_json, write_json_lines
from edgeline_worker.protocol import Job, StageError, run_worker
from edgeline_worker.spec import ModelSpec
from edgeline_worker.wordpiece import load_tokenizer

CHUNK = 2000
"""Texts that are handed to the tokenizer at once; it works on them in parallel."""


def main(job: Job) -> dict[str, Any]:
    encoder = job.input("encoder").path
    fit, test = job.input("fit").path, job.input("test").path
    max_length: int = job.options["max_length"]
    pair = job.options["input"] == "entity-tweet"
    check_encoder(ModelSpec.from_json(read_json(encoder / "spec.json")), max_length, pair)
    labels: list[str] = read_json(fit / "labels.json")
    if read_json(test / "labels.json") != labels:
        raise StageError("labels-differ", "the labels of the test split are not those of the training split")
    splits = [
        ("train", fit / "train.jsonl", job.output_folder("fit")),
        ("validation", fit / "validation.jsonl", job.output_folder("fit")),
        ("test", test / "test.jsonl", job.output_folder("test")),
    ]
    tokenizer = load_tokenizer(encoder / "vocab.txt", max_length, pair)
    tokens: dict[str, dict[str, Any]] = {}
    truncated: dict[str, int] = {}
    for name, source, folder in splits:
        lengths, truncated[name] = encode_split(job, tokenizer, pair, source, folder / f"{name}.jsonl", labels)
        tokens[name] = describe_lengths(lengths)
        write_json(folder / "labels.json", labels)
    # Travels with the texts to all that is made of them: how texts have to be encoded that the model shall classify.
    encoding = {"max_length": max_length, "input": job.options["input"]}
    vocabulary = {"vocabulary_sha256": sha256_of(encoder / "vocab.txt")}
    write_json(job.output_folder("fit") / "encoding.json", {"schema": 1, **encoding, **vocabulary})
    # Goes to the device with the test texts, so that what is typed there becomes tokens in the same way.
    write_json(job.output_folder("test") / "encoding.json", {"schema": 1, **encoding, **vocabulary})
    tokenizer.save(str(job.output_folder("test") / "tokenizer.json"), pretty=False)
    write_json(job.output("card"), {"schema": 1, **encoding, "tokens": tokens, "truncated": truncated})
    return {"texts": sum(entry["n"] for entry in tokens.values()), "mean_tokens": round(tokens["train"]["mean"], 1)}


def check_encoder(spec: ModelSpec, max_length: int, pair: bool) -> None:
    """Raises StageError `too-long` or `one-segment` when the encoder cannot take such texts."""
    if max_length > spec.max_positions:
        raise StageError(
            "too-long",
            f"max_length is {max_length}, but the encoder has {spec.max_positions} positions",
            f"set max_length to {spec.max_positions} or less",
        )
    if pair and spec.type_vocabulary_size < 2:
        raise StageError(
            "one-segment",
            "the encoder has one type of token, so it cannot tell an entity from a tweet",
            "set input to tweet, or take an encoder with two types (type_vocab_size in its config.json)",
        )


def check_names(rows: Sequence[dict[str, Any]], tokenizer: Tokenizer, source: Path) -> None:
    """Raises StageError `no-entity-name` or `long-entity-name`: a pair keeps the whole name and cuts the tweet only."""
    known: set[str] = set()
    for line, row in enumerate(rows, start=1):
        name = row.get("entity_name")
        if not isinstance(name, str) or not name.strip():
            raise StageError(
                "no-entity-name",
                f"tweet {row['id']} has no name of its entity {row['entity']}, which input: entity-tweet puts first",
                "add entity_name to the data, or set input to tweet",
                file=source.name,
                line=line,
            )
        if name in known:
            continue
        known.add(name)
        # Three marks, and the tweet must keep a token at least.
        room = tokenizer.truncation["max_length"] - 4
        needed = len(tokenizer.encode(name, "", add_special_tokens=False).ids)
        if needed > room:
            raise StageError(
                "long-entity-name",
                f"the name of entity {row['entity']} has {needed} tokens, and max_length leaves {max(room, 0)} for it",
                f"raise max_length to at least {needed + 4}",
                file=source.name,
                line=line,
            )


def encode_split(
    job: Job, tokenizer: Tokenizer, pair: bool, source: Path, target: Path, labels: list[str]
) -> tuple[np.ndarray, int]:
    """Writes one split; returns how many tokens each text has, int64 (texts,), and how many texts were cut."""
    classes = {label: index for index, label in enumerate(labels)}
    rows = list(read_json_lines(source))
    if pair:
        check_names(rows, tokenizer, source)
    encoded: list[dict[str, Any]] = []
    truncated = 0
    for first in range(0, len(rows), CHUNK):
        chunk = rows[first : first + CHUNK]
        texts = [(row["entity_name"], row["text"]) if pair else row["text"] for row in chunk]
        for offset, (row, encoding) in enumerate(zip(chunk, tokenizer.encode_batch(texts), strict=True)):
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
                    **({"second_from": encoding.type_ids.index(1)} if pair else {}),
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
