"""Texts as pairs, the entity's name and the tweet, from the tokenizer through training to the agent on a device."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reference
from edgeline_worker.batches import make_batch, read_encoded
from edgeline_worker.files import read_json, read_json_lines, sha256_of, write_json
from edgeline_worker.rewrites import REWRITES
from edgeline_worker.spec import ModelSpec
from edgeline_worker.weights import load_weights
from edgeline_worker.wordpiece import load_tokenizer
from worker_rig import ROOT, TINY_MOBILEBERT, WorkerRun, run_worker, write_lines

LABELS = ["NEGATIVE", "NEUTRAL", "POSITIVE"]
NAMES = {"E1": "xq bad", "E2": "Zürich", "E3": "k9"}


def tweets(count: int, seed: int) -> list[dict[str, Any]]:
    """Made-up tweets of which the entity alone says the label: a model that does not see its name learns nothing."""
    generator = random.Random(seed)
    rows = []
    for index in range(count):
        place = generator.randrange(3)
        entity = list(NAMES)[place]
        text = " ".join(generator.choice(["aa", "bb", "cc", "dd"]) for _ in range(generator.randint(1, 8)))
        rows.append(
            {
                "entity": entity,
                "entity_name": NAMES[entity],
                "domain": "music",
                "id": str(10**17 + index),
                "label": LABELS[place],
                "text": text,
            }
        )
    return rows


class Pairs:
    """A tiny encoder and splits to encode; `encode` runs the stage on them."""

    def __init__(self, root: Path, model: dict[str, Any]) -> None:
        self.root = root
        self.splits = root / "splits"
        self.write("fit", "train", tweets(400, 1))
        self.write("fit", "validation", tweets(90, 2))
        self.write("test", "test", tweets(40, 3))
        self.encoder = run_worker("encoder", root / "encoder", {"model": model}).out / "encoder"

    def write(self, folder: str, split: str, rows: list[dict[str, Any]]) -> None:
        write_lines(self.splits / folder / f"{split}.jsonl", rows)
        (self.splits / folder / "labels.json").write_text(json.dumps(LABELS))

    def encode(self, name: str, max_length: int = 14, what: str = "entity-tweet") -> WorkerRun:
        inputs = {"fit": self.splits / "fit", "test": self.splits / "test", "encoder": self.encoder}
        return run_worker("encode", self.root / name, {"max_length": max_length, "input": what}, inputs)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    return Pairs(tmp_path_factory.mktemp("pairs"), TINY_MOBILEBERT)


@pytest.fixture(scope="module")
def encoded(pairs: Pairs) -> WorkerRun:
    return pairs.encode("encode")


def test_the_name_comes_first_and_the_tweet_is_of_the_second_type(pairs: Pairs, encoded: WorkerRun) -> None:
    tokenizer = load_tokenizer(pairs.encoder / "vocab.txt", 512)
    for row, given in zip(read_json_lines(encoded.out / "fit" / "train.jsonl"), tweets(400, 1), strict=True):
        assert list(row) == ["id", "entity", "label", "input_ids", "second_from"]
        name = tokenizer.encode(given["entity_name"]).ids
        tweet = tokenizer.encode(given["text"]).ids[1:]
        whole = name + tweet
        assert row["second_from"] == len(name)
        kept = row["input_ids"]
        assert kept == (whole if len(whole) <= 14 else [*whole[:13], 102])
    assert read_json(encoded.out / "fit" / "encoding.json") == {
        "schema": 1,
        "max_length": 14,
        "input": "entity-tweet",
        "vocabulary_sha256": sha256_of(pairs.encoder / "vocab.txt"),
    }


def test_only_the_tweet_is_cut_and_every_cut_is_counted(pairs: Pairs, encoded: WorkerRun) -> None:
    tokenizer = load_tokenizer(pairs.encoder / "vocab.txt", 512)
    card = read_json(encoded.out / "encode.json")
    assert card["input"] == "entity-tweet"
    for split, rows in (("train", tweets(400, 1)), ("validation", tweets(90, 2)), ("test", tweets(40, 3))):
        lengths = [len(tokenizer.encode(row["entity_name"], row["text"]).ids) for row in rows]
        assert card["truncated"][split] == sum(length > 14 for length in lengths) > 0


def test_a_tweet_alone_has_no_second_segment(pairs: Pairs) -> None:
    run = pairs.encode("alone", what="tweet")
    tokenizer = load_tokenizer(pairs.encoder / "vocab.txt", 14)
    for row, given in zip(read_json_lines(run.out / "fit" / "train.jsonl"), tweets(400, 1), strict=True):
        assert list(row) == ["id", "entity", "label", "input_ids"]
        assert row["input_ids"] == tokenizer.encode(given["text"]).ids
    texts = read_encoded(run.out / "fit" / "train.jsonl")
    assert not make_batch(texts, np.arange(32)).token_type_ids.any()


def test_a_name_that_leaves_no_room_for_the_tweet_is_refused(pairs: Pairs, tmp_path: Path) -> None:
    # The longest name has 6 tokens; three marks and one token of the tweet make 10.
    assert pairs.encode("just-enough", max_length=10).exit_code == 0
    failure = pairs.encode("too-little", max_length=9).failure
    assert (failure["code"], failure["file"]) == ("long-entity-name", "train.jsonl")
    assert "entity E2 has 6 tokens, and max_length leaves 5 for it" in failure["message"]
    assert "at least 10" in failure["hint"]


@pytest.mark.parametrize("name", [None, "", " "])
def test_an_entity_without_a_name_is_refused(tmp_path: Path, name: str | None) -> None:
    nameless = Pairs(tmp_path, TINY_MOBILEBERT)
    rows = tweets(20, 3)
    rows[7]["entity_name"] = name
    nameless.write("test", "test", rows)
    failure = nameless.encode("encode").failure
    assert (failure["code"], failure["file"], failure["line"]) == ("no-entity-name", "test.jsonl", 8)


def test_an_encoder_with_one_type_of_token_is_refused(tmp_path: Path) -> None:
    single = Pairs(tmp_path, TINY_MOBILEBERT)
    spec = read_json(single.encoder / "spec.json")
    write_json(single.encoder / "spec.json", {**spec, "type_vocabulary_size": 1})
    assert single.encode("encode").failure["code"] == "one-segment"


# Five workers that load TensorFlow, one after the other, and the agent: 15 s.
def test_from_training_to_the_device(pairs: Pairs, encoded: WorkerRun) -> None:
    options = {
        "learning_rate": 3e-3,
        "batch_size": 16,
        "epochs": 2,
        "warmup_fraction": 0.1,
        "weight_decay": 0.01,
        "gradient_clip_norm": 1.0,
        "precision": "float32",
        "threads": 2,
        "seed": 1,
    }
    inputs = {"fit": encoded.out / "fit", "encoder": pairs.encoder}
    trained = run_worker("fine-tune", pairs.root / "fine-tune", options, inputs)
    assert trained.summary["validation_macro_f1"] > 0.9, "only the names tell the classes apart"
    exported = run_worker("export", pairs.root / "export", {}, {"checkpoint": trained.out / "checkpoint"})
    assert read_json(exported.out / "saved_model" / "edgeline.json")["input"] == "entity-tweet"
    assert read_json(exported.out / "export.json")["max_abs_logit_difference"] < 1e-4
    options = {"sequence_length": "dynamic", "rewrites": list(REWRITES), "texts": 32}
    inputs = {"model": exported.out / "saved_model", "fit": encoded.out / "fit"}
    frozen = run_worker("freeze", pairs.root / "freeze", options, inputs)
    options = {"precision": "fp32", "accept": {}}
    converted = run_worker("convert", pairs.root / "convert", options, {"frozen": frozen.out / "frozen"})
    assert read_json(converted.out / "conversion.json")["input"] == "entity-tweet"

    bundle = pairs.root / "bundle"
    bundle.mkdir()
    (bundle / "model.tflite").write_bytes((converted.out / "model.tflite").read_bytes())
    (bundle / "test.jsonl").write_bytes((encoded.out / "test" / "test.jsonl").read_bytes())
    agent = [sys.executable, "-B", str(ROOT / "stages" / "deploy" / "agent" / "agent.py")]
    arguments = ["--bundle", str(bundle), "--out", str(bundle / "out"), "--before", "0", "--after", "0", "--warmup", "1"]
    subprocess.run([*agent, *arguments], check=True, capture_output=True)
    spec = ModelSpec.from_json(read_json(trained.out / "checkpoint" / "spec.json"))
    weights = load_weights(trained.out / "checkpoint" / "weights.safetensors", spec)
    moved = 0.0
    rows = list(read_json_lines(bundle / "test.jsonl"))
    for row, prediction in zip(rows, read_json_lines(bundle / "out" / "predictions.jsonl"), strict=True):
        tokens = np.array(row["input_ids"])
        types = (np.arange(len(tokens)) >= row["second_from"]).astype(np.int32)
        expected = reference.logits(spec.to_json(), weights, tokens, types)
        np.testing.assert_allclose(prediction["logits"], expected, atol=1e-3)
        moved = max(moved, float(np.abs(expected - reference.logits(spec.to_json(), weights, tokens)).max()))
    assert moved > 1e-2, "were the types forgotten on the way, nothing above would notice"


def test_training_and_validation_see_the_types(pairs: Pairs, encoded: WorkerRun) -> None:
    log = read_json(pairs.root / "fine-tune" / "training.json")
    spec = ModelSpec.from_json(read_json(pairs.root / "fine-tune" / "checkpoint" / "spec.json"))
    before = load_weights(pairs.encoder / "weights.safetensors", ModelSpec.from_json(read_json(pairs.encoder / "spec.json")))
    after = load_weights(pairs.root / "fine-tune" / "checkpoint" / "weights.safetensors", spec)
    table = "embeddings.token_type_embeddings.weight"
    # Adam moves what has a gradient by about the learning rate each step; decay alone shrinks it by a thousandth of that.
    assert np.abs(after[table][1] - before[table][1]).max() > 1e-3
    confusion = np.zeros((3, 3), int)
    for row in read_json_lines(encoded.out / "fit" / "validation.jsonl"):
        tokens = np.array(row["input_ids"])
        types = (np.arange(len(tokens)) >= row["second_from"]).astype(np.int32)
        confusion[row["label"], reference.logits(spec.to_json(), after, tokens, types).argmax()] += 1
    assert confusion.tolist() == log["confusion"]
