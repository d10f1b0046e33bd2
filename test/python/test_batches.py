"""Batches: every text once an epoch, little padding, an order that the seed decides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from edgeline_worker.batches import EncodedTexts, evaluation_order, make_batch, read_encoded, training_order
from edgeline_worker.protocol import StageError
from worker_rig import write_lines

# As English tweets have them: 25 tokens on average, few above 41.
LENGTHS = np.clip(np.random.default_rng(0).normal(25, 9, 6001).astype(int), 4, 60)


def test_every_text_comes_once_an_epoch() -> None:
    batches = training_order(LENGTHS, 32, (1, 1))
    assert sorted(np.concatenate(batches)) == list(range(len(LENGTHS)))
    assert sorted(len(batch) for batch in batches)[1:] == [32] * (len(batches) - 1)


def test_the_order_is_that_of_the_seed_and_the_epoch() -> None:
    def flat(*seed: int) -> list[int]:
        return np.concatenate(training_order(LENGTHS, 32, seed)).tolist()

    assert flat(1, 1) == flat(1, 1)
    assert flat(1, 1) != flat(1, 2)
    assert flat(1, 1) != flat(2, 1)


def test_batches_of_similar_lengths_pad_little_and_come_mixed() -> None:
    batches = training_order(LENGTHS, 32, (1, 1))
    cells = sum(len(batch) * -(-LENGTHS[batch].max() // 8) * 8 for batch in batches)
    assert cells < 1.25 * LENGTHS.sum()
    longest = np.array([LENGTHS[batch].max() for batch in batches])
    # Were the batches sorted by length, each would be like the one before it.
    assert np.abs(np.corrcoef(longest[:-1], longest[1:])[0, 1]) < 0.2


def test_evaluation_goes_by_length() -> None:
    order = np.concatenate(evaluation_order(LENGTHS, 64))
    assert sorted(order) == list(range(len(LENGTHS)))
    assert (np.diff(LENGTHS[order]) >= 0).all()


def test_a_batch_is_padded_to_a_multiple_of_eight() -> None:
    tokens = [np.array([101, 7, 102], np.int32), np.arange(101, 110, dtype=np.int32)]
    texts = EncodedTexts(["a", "b"], tokens, np.array([3, 4], np.int32), np.array([2, 0], np.int32))
    batch = make_batch(texts, np.array([1, 0]))
    assert batch.input_ids.shape == (2, 16)
    assert batch.input_ids[1].tolist() == [101, 7, 102] + [0] * 13
    assert batch.attention_mask.sum(axis=1).tolist() == [9, 3]
    assert batch.token_type_ids.tolist() == [[0] * 4 + [1] * 5 + [0] * 7, [0] * 16]
    assert batch.labels.tolist() == [0, 2]


def test_reading(tmp_path: Path) -> None:
    rows = [{"id": str(index), "entity": "E", "label": index % 3, "input_ids": [101, 102]} for index in range(5)]
    write_lines(tmp_path / "train.jsonl", rows)
    assert read_encoded(tmp_path / "train.jsonl").ids == ["0", "1", "2", "3", "4"]
    assert read_encoded(tmp_path / "train.jsonl", limit=2).labels.tolist() == [0, 1]
    write_lines(tmp_path / "pairs.jsonl", [rows[0], {**rows[1], "second_from": 1}])
    assert read_encoded(tmp_path / "pairs.jsonl").second_from.tolist() == [2, 1]
    write_lines(tmp_path / "empty.jsonl", [])
    with pytest.raises(StageError, match=r"empty\.jsonl has no rows"):
        read_encoded(tmp_path / "empty.jsonl")
    (tmp_path / "cut.jsonl").write_text('{"id": "1", "entity": "E", "label": 0, "input_ids": [1]}\n{"id": "2", "ent')
    with pytest.raises(StageError) as caught:
        read_encoded(tmp_path / "cut.jsonl")
    assert (caught.value.file, caught.value.line) == ("cut.jsonl", 2)
