"""Encoded texts and the batches made of them: few padded shapes, little padding, an order fixed by a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgeline_worker.files import read_json_lines
from edgeline_worker.protocol import StageError

LENGTH_STEP = 8
"""Lengths are padded up to a multiple of this: few shapes, and rows that fill vector registers."""

POOL_BATCHES = 64
"""Texts are sorted by length within pools of so many batches: enough to pad little, few enough to stay random."""


@dataclass(frozen=True)
class EncodedTexts:
    """Token ids of texts with their classes; `token_ids[i]` is int32 (length of text i,).

    `second_from[i]`, int32, is the place of the first token of text i's second segment: its length where it has one
    segment only.
    """

    ids: list[str]
    token_ids: list[np.ndarray]
    second_from: np.ndarray
    labels: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        return np.array([len(tokens) for tokens in self.token_ids], dtype=np.int64)

    def __len__(self) -> int:
        return len(self.token_ids)

    def take(self, indices: np.ndarray) -> EncodedTexts:
        """These texts, in this order."""
        return EncodedTexts(
            [self.ids[index] for index in indices],
            [self.token_ids[index] for index in indices],
            self.second_from[indices],
            self.labels[indices],
        )


@dataclass(frozen=True)
class Batch:
    """int32 (rows, padded length) three times, int32 (rows,), and which texts they are."""

    input_ids: np.ndarray
    attention_mask: np.ndarray
    token_type_ids: np.ndarray
    labels: np.ndarray
    indices: np.ndarray


def read_encoded(path: Path, limit: int | None = None) -> EncodedTexts:
    """Reads an encoded split. Raises StageError `no-rows` when it is empty."""
    ids: list[str] = []
    tokens: list[np.ndarray] = []
    second_from: list[int] = []
    labels: list[int] = []
    for row in read_json_lines(path):
        if limit is not None and len(ids) == limit:
            break
        ids.append(row["id"])
        tokens.append(np.array(row["input_ids"], dtype=np.int32))
        second_from.append(row.get("second_from", len(row["input_ids"])))
        labels.append(row["label"])
    if not ids:
        raise StageError("no-rows", f"{path.name} has no rows", "look at the cards of clean and split", file=path.name)
    return EncodedTexts(ids, tokens, np.array(second_from, dtype=np.int32), np.array(labels, dtype=np.int32))


def padded(length: int) -> int:
    """The length that a batch with a longest text of `length` tokens has."""
    return -(-length // LENGTH_STEP) * LENGTH_STEP


def make_batch(texts: EncodedTexts, indices: np.ndarray) -> Batch:
    """Padded on the right with zeros, the id of [PAD], to a multiple of `LENGTH_STEP`; padding is of type 0."""
    width = padded(max(len(texts.token_ids[index]) for index in indices))
    input_ids = np.zeros((len(indices), width), np.int32)
    mask = np.zeros((len(indices), width), np.int32)
    types = np.zeros((len(indices), width), np.int32)
    for row, index in enumerate(indices):
        tokens = texts.token_ids[index]
        input_ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
        types[row, texts.second_from[index] : len(tokens)] = 1
    return Batch(input_ids, mask, types, texts.labels[indices], indices)


def text_inputs(tokens: np.ndarray, length: int, second_from: int | None = None) -> dict[str, np.ndarray]:
    """One text as int32 (1, length) by input name, padded on the right; tokens from `second_from` on are of type 1."""
    input_ids, mask, types = (np.zeros((1, length), np.int32) for _ in range(3))
    input_ids[0, : len(tokens)] = tokens
    mask[0, : len(tokens)] = 1
    if second_from is not None:
        types[0, second_from : len(tokens)] = 1
    return {"input_ids": input_ids, "attention_mask": mask, "token_type_ids": types}


def training_order(lengths: np.ndarray, batch_size: int, seed: Sequence[int]) -> list[np.ndarray]:
    """One epoch: every text once, in batches of similar lengths, batches in random order.

    The same arguments give the same order. All batches but one have `batch_size` rows.
    """
    generator = np.random.Generator(np.random.PCG64(list(seed)))
    order = generator.permutation(len(lengths))
    batches: list[np.ndarray] = []
    pool = batch_size * POOL_BATCHES
    for start in range(0, len(order), pool):
        members = order[start : start + pool]
        members = members[np.argsort(lengths[members], kind="stable")]
        batches.extend(members[first : first + batch_size] for first in range(0, len(members), batch_size))
    return [batches[index] for index in generator.permutation(len(batches))]


def evaluation_order(lengths: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Every text once, sorted by length."""
    order = np.argsort(lengths, kind="stable")
    return [order[first : first + batch_size] for first in range(0, len(order), batch_size)]
