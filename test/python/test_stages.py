"""encoder, encode, fine-tune, export, freeze and convert, one after the other on a tiny model, as the engine runs them."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reference
from edgeline_worker.batches import text_inputs
from edgeline_worker.conversion import TfliteRunner
from edgeline_worker.files import read_json, read_json_lines, sha256_of, write_json, write_json_lines
from edgeline_worker.flatbuffer import check_operators, check_stands_alone, summarize
from edgeline_worker.metadata import read_metadata
from edgeline_worker.rewrites import REWRITES
from edgeline_worker.spec import ModelSpec, multiply_accumulates, parameter_count
from edgeline_worker.weights import load_weights
from edgeline_worker.wordpiece import load_tokenizer
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer
from worker_rig import TINY_BERT, TINY_MOBILEBERT, WorkerRun, run_worker, write_lines

LABELS = ["NEGATIVE", "NEUTRAL", "POSITIVE"]
WORDS = {"NEGATIVE": "xx zz bad", "NEUTRAL": "aa bb ok", "POSITIVE": "yy ww good"}
MODELS = {"bert": TINY_BERT, "mobilebert": TINY_MOBILEBERT}


def tweets(count: int, seed: int) -> list[dict[str, Any]]:
    """Made-up tweets whose words mostly say their label."""
    generator = random.Random(seed)
    rows = []
    for index in range(count):
        label = generator.choice(LABELS)
        words = [generator.choice((WORDS[label] + " cc dd ee").split()) for _ in range(generator.randint(2, 12))]
        rows.append(
            {
                "entity": "E1",
                "entity_name": "Entity",
                "domain": "music",
                "id": str(10**17 + index),
                "label": label,
                "text": " ".join(words),
            }
        )
    return rows


def fine_tune_options(**changes: Any) -> dict[str, Any]:
    return {
        "learning_rate": 3e-3,
        "batch_size": 16,
        "gradient_accumulation": 1,
        "epochs": 3,
        "warmup_fraction": 0.1,
        "weight_decay": 0.01,
        "gradient_clip_norm": 1.0,
        "layer_learning_rate_decay": 1.0,
        "class_weights": "none",
        "label_smoothing": 0.0,
        "average": "none",
        "average_decay": 0.999,
        "processor": "cpu",
        "precision": "float32",
        "threads": 2,
        "seed": 1,
        **changes,
    }


class Chain:
    """The stages run once for one tiny model; each folder is what one stage wrote."""

    def __init__(self, root: Path, model: dict[str, Any], until: str = "export") -> None:
        self.root = root
        splits = root / "splits"
        write_lines(splits / "fit" / "train.jsonl", tweets(400, 1))
        write_lines(splits / "fit" / "validation.jsonl", tweets(90, 2))
        write_lines(splits / "test" / "test.jsonl", tweets(60, 3))
        for name in ("fit", "test"):
            (splits / name / "labels.json").write_text(json.dumps(LABELS))
        self.encoder = run_worker("encoder", root / "encoder", {"model": model})
        self.encode = run_worker(
            "encode",
            root / "encode",
            {"max_length": 16, "input": "tweet"},
            {"fit": splits / "fit", "test": splits / "test", "encoder": root / "encoder" / "encoder"},
        )
        if until == "encode":
            return
        self.fine_tune = self.run_fine_tune("fine-tune", fine_tune_options())
        self.export = run_worker("export", root / "export", {}, {"checkpoint": root / "fine-tune" / "checkpoint"})

    def run_fine_tune(self, name: str, options: dict[str, Any]) -> WorkerRun:
        inputs = {"fit": self.root / "encode" / "fit", "encoder": self.root / "encoder" / "encoder"}
        return run_worker("fine-tune", self.root / name, options, inputs)

    def run_freeze(self, name: str, **options: Any) -> WorkerRun:
        inputs = {"model": self.export.out / "saved_model", "fit": self.encode.out / "fit"}
        defaults = {"sequence_length": "dynamic", "rewrites": list(REWRITES), "texts": 64}
        return run_worker("freeze", self.root / name, {**defaults, **options}, inputs)

    @cached_property
    def freeze(self) -> WorkerRun:
        return self.run_freeze("freeze")

    def run_convert(self, name: str, precision: str, frozen: WorkerRun | None = None, **options: Any) -> WorkerRun:
        inputs = {"frozen": (frozen or self.freeze).out / "frozen"}
        return run_worker("convert", self.root / name, {"precision": precision, "accept": {}, **options}, inputs)


@pytest.fixture(scope="module", params=MODELS, ids=str)
def chain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return Chain(tmp_path_factory.mktemp(request.param), MODELS[request.param])


def test_encode(chain: Chain) -> None:
    assert chain.encode.summary["texts"] == 550
    rows = list(read_json_lines(chain.encode.out / "fit" / "train.jsonl"))
    assert [row["id"] for row in rows] == [row["id"] for row in tweets(400, 1)], "the split's order"
    assert [LABELS[row["label"]] for row in rows] == [row["label"] for row in tweets(400, 1)]
    assert list(rows[0]) == ["id", "entity", "label", "input_ids"]
    assert all(row["input_ids"][0] == 101 and row["input_ids"][-1] == 102 for row in rows)
    assert all(0 not in row["input_ids"] for row in rows)
    card = read_json(chain.encode.out / "encode.json")
    lengths = [len(row["input_ids"]) for row in rows]
    assert card["tokens"]["train"]["mean"] == pytest.approx(np.mean(lengths))
    assert card["tokens"]["train"]["max"] == max(lengths) == 16
    assert 0 < card["truncated"]["train"] < 400
    assert read_json(chain.encode.out / "test" / "labels.json") == LABELS


def test_fine_tune(chain: Chain) -> None:
    summary = chain.fine_tune.summary
    assert summary["validation_macro_f1"] > 0.6, "the words say the label, and chance is 0.33"
    log = read_json(chain.fine_tune.out / "training.json")
    assert [epoch["epoch"] for epoch in log["epochs"]] == [1, 2, 3]
    assert log["steps_per_epoch"] == 25
    assert log["epochs"][-1]["train_loss"] < log["epochs"][0]["train_loss"]
    scores = [epoch["validation_macro_f1"] for epoch in log["epochs"]]
    assert log["best_epoch"] == scores.index(max(scores)) + 1
    assert np.sum(log["confusion"]) == 90
    truth = np.bincount([LABELS.index(row["label"]) for row in tweets(90, 2)], minlength=3)
    assert np.sum(log["confusion"], axis=1).tolist() == truth.tolist(), "rows are the truth"
    metrics = chain.fine_tune.of_type("metric")
    assert {"loss", "samples_per_s", "validation_macro_f1"} <= {metric["name"] for metric in metrics}
    progress = [entry for entry in chain.fine_tune.of_type("progress") if entry["unit"] == "steps"]
    assert {"epoch 1 of 3", "epoch 3 of 3"} <= {entry.get("phase") for entry in progress}
    checkpoint = chain.fine_tune.out / "checkpoint"
    spec = ModelSpec.from_json(read_json(checkpoint / "spec.json"))
    assert spec.head is not None and spec.head.labels == 3
    load_weights(checkpoint / "weights.safetensors", spec)
    assert log["parameters"] == parameter_count(spec)
    assert read_json(checkpoint / "encoding.json")["max_length"] == 16


def test_equal_runs_give_equal_bytes_and_other_seeds_others(chain: Chain) -> None:
    file = "checkpoint/weights.safetensors"
    again = chain.run_fine_tune("again", fine_tune_options())
    assert sha256_of(again.out / file) == sha256_of(chain.fine_tune.out / file)
    other = chain.run_fine_tune("other-seed", fine_tune_options(seed=2, epochs=1))
    assert sha256_of(other.out / file) != sha256_of(chain.fine_tune.out / file)
    exported = run_worker("export", chain.root / "export-again", {}, {"checkpoint": again.out / "checkpoint"})
    cards = [read_json(run.out / "export.json")["files"] for run in (chain.export, exported)]
    assert cards[0] == cards[1]


def test_the_best_epoch_is_kept_not_the_last(chain: Chain) -> None:
    # A rate at which these models get worse again.
    run = chain.run_fine_tune("wild", fine_tune_options(learning_rate=0.03, epochs=4))
    log = read_json(run.out / "training.json")
    assert log["best_epoch"] < 4
    spec = ModelSpec.from_json(read_json(run.out / "checkpoint" / "spec.json"))
    weights = load_file(run.out / "checkpoint" / "weights.safetensors")
    confusion = np.zeros((3, 3), int)
    for row in read_json_lines(chain.encode.out / "fit" / "validation.jsonl"):
        confusion[row["label"], reference.logits(spec.to_json(), weights, np.array(row["input_ids"])).argmax()] += 1
    assert confusion.tolist() == log["confusion"]
    assert run.summary["best_epoch"] == log["best_epoch"]


def test_a_loss_that_is_not_a_number_is_named(chain: Chain) -> None:
    encoder = chain.root / "broken-encoder"
    shutil.copytree(chain.root / "encoder" / "encoder", encoder)
    weights = load_file(encoder / "weights.safetensors")
    # Finite, but no sum of them is: what is not finite would not even be read.
    weights["embeddings.LayerNorm.bias"][:] = np.finfo(np.float32).max
    save_file(weights, encoder / "weights.safetensors")
    inputs = {"fit": chain.encode.out / "fit", "encoder": encoder}
    run = run_worker("fine-tune", chain.root / "not-finite", fine_tune_options(limit_train=40), inputs)
    assert run.exit_code == 1
    assert run.failure["code"] == "loss-not-finite"
    assert "at step 1 of 9 (epoch 1), in the batch that begins with texts 1000000000000000" in run.failure["message"]


def test_the_saved_model_is_what_the_card_says(chain: Chain) -> None:
    import tensorflow as tf

    folder = chain.export.out / "saved_model"
    document = read_json(folder / "edgeline.json")
    assert (document["labels"], document["max_length"]) == (LABELS, 16)
    loaded = tf.saved_model.load(str(folder))
    signature = loaded.signatures["serving_default"]
    assert {name: spec.shape.as_list() for name, spec in signature.structured_input_signature[1].items()} == {
        "input_ids": [None, None],
        "attention_mask": [None, None],
        "token_type_ids": [None, None],
    }
    spec = ModelSpec.from_json(document["spec"])
    weights = load_weights(chain.fine_tune.out / "checkpoint" / "weights.safetensors", spec)
    tokens = np.array([101, 110, 111, 112, 140, 102], np.int32)
    inputs = {name: tf.constant(array) for name, array in text_inputs(tokens, 6).items()}
    outputs = signature(**inputs)
    expected = reference.logits(spec.to_json(), weights, tokens)
    np.testing.assert_allclose(outputs["logits"].numpy()[0], expected, atol=1e-4)
    share = np.exp(expected - expected.max())
    np.testing.assert_allclose(outputs["probabilities"].numpy()[0], share / share.sum(), atol=1e-4)


@pytest.mark.parametrize("chain", ["bert"], indirect=True)
def test_tensorflow_servings_own_tool_reads_the_signature(chain: Chain) -> None:
    tool = [sys.executable, "-m", "tensorflow.python.tools.saved_model_cli", "show"]
    folder = str(chain.export.out / "saved_model")
    asked = ["--dir", folder, "--tag_set", "serve", "--signature_def", "serving_default"]
    said = subprocess.run([*tool, *asked], capture_output=True, text=True, check=True).stdout
    shapes = dict(re.findall(r"\['(\w+)'\] tensor_info:\s+dtype: (\w+)", said))
    inputs = dict.fromkeys(["input_ids", "attention_mask", "token_type_ids"], "DT_INT32")
    assert shapes == inputs | dict.fromkeys(["logits", "probabilities"], "DT_FLOAT")


def test_a_plain_converter_takes_the_saved_model_and_our_check_refuses_what_it_makes(chain: Chain) -> None:
    import tensorflow as tf

    tflite = tf.lite.TFLiteConverter.from_saved_model(str(chain.export.out / "saved_model")).convert()
    family = read_json(chain.export.out / "saved_model" / "edgeline.json")["spec"]["family"]
    reasons = check_stands_alone(tflite) + check_operators(tflite, family, True)
    assert any("batch is not fixed" in reason for reason in reasons), reasons


def test_the_saved_model_stands_for_itself(chain: Chain) -> None:
    folder = chain.export.out / "saved_model"
    listed = read_json(folder / "manifest.json")["files"]
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {entry["path"] for entry in listed} == files - {"manifest.json"}
    for entry in listed:
        assert (folder / entry["path"]).stat().st_size == entry["size"]
        assert sha256_of(folder / entry["path"]) == entry["sha256"]
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    own = load_tokenizer(folder / "vocab.txt", 16)
    text = "xx zz bad aa bb ok and a long tail that is cut away somewhere"
    assert tokenizer.encode(text).ids == own.encode(text).ids
    assert len(tokenizer.encode(text).ids) == 16
    card = read_json(chain.export.out / "export.json")
    assert card["bytes"] == sum(entry["size"] for entry in listed)
    assert card["bytes_with_optimizer_state"] == card["bytes"] + 8 * card["parameters"]
    spec = ModelSpec.from_json(read_json(folder / "edgeline.json")["spec"])
    terms = card["multiply_accumulates"]
    for length in (1, 25, 128):
        counted = terms["fixed"] + terms["per_token"] * length + terms["per_token_squared"] * length**2
        assert counted == multiply_accumulates(spec, length)
    assert read_json(folder / "edgeline.json")["weights"]["pretrained"] is False


def test_freeze(chain: Chain) -> None:
    folder = chain.freeze.out / "frozen"
    card = read_json(folder / "freeze.json")
    assert card["rewrites"] == list(REWRITES)
    assert card["max_abs_logit_difference"] < 1e-5
    spec = ModelSpec.from_json(read_json(folder / "edgeline.json")["spec"])
    weights = load_weights(chain.fine_tune.out / "checkpoint" / "weights.safetensors", spec)
    rows = list(read_json_lines(folder / "texts.jsonl"))
    assert len(rows) == card["texts"] == 64
    assert {row["id"] for row in rows} < {row["id"] for row in tweets(90, 2)}, "of the validation split"
    for row in rows[:10]:
        expected = reference.logits(spec.to_json(), weights, np.array(row["input_ids"]))
        np.testing.assert_allclose(row["logits"], expected, atol=1e-4)


# The next ones start nine processes for each model that load TensorFlow and convert: 4 s each.
@pytest.mark.parametrize(("precision", "largest"), [("fp32", 1e-4), ("fp16", 0.02), ("int8", 0.5)])
def test_convert(chain: Chain, precision: str, largest: float) -> None:
    run = chain.run_convert(f"convert-{precision}", precision)
    assert run.summary["bytes"] > 0
    tflite = run.out / "model.tflite"
    card = read_json(run.out / "conversion.json")
    assert check_stands_alone(tflite.read_bytes()) == []
    assert card["parity"]["texts"] == 64
    assert card["parity"]["max_abs_logit_difference"] <= largest
    assert sum(card["bytes_by_part"].values()) == card["bytes"] == tflite.stat().st_size
    assert card["weights_compared"] > 10
    kinds = {"fp32": {"FLOAT32"}, "fp16": {"FLOAT16"}, "int8": {"FLOAT32", "INT8"}}
    assert {error["kind"] for error in card["worst_weights"]} <= kinds[precision]
    assert (card["worst_weights"][0]["relative"] > 0) == (precision != "fp32")
    # The models of this chain began with random weights.
    assert {gate["name"]: gate["passed"] for gate in card["gates"]} == {
        "fp32": {"max_abs_logit_difference": True},
        "fp16": {"max_abs_logit_difference": True, "argmax_agreement": None},
        "int8": {"finite_logits": True, "macro_f1_difference": None},
    }[precision]
    said = read_metadata(tflite.read_bytes())
    assert said is not None and said["files"] == {"labels.txt": "".join(f"{label}\n" for label in LABELS)}
    assert said["source"]["graph_sha256"] == sha256_of(chain.freeze.out / "frozen" / "graph.pb")
    assert card["sha256"] == sha256_of(tflite)
    assert sum(card["ops"].values()) == card["op_count"]
    summary = summarize(tflite.read_bytes())
    assert summary.input_shapes == {"input_ids": (1, -1), "attention_mask": (1, -1), "token_type_ids": (1, -1)}
    assert summary.output_shapes == {"logits": (1, 3)}
    runner = TfliteRunner(tflite, 1)
    spec = ModelSpec.from_json(read_json(chain.export.out / "saved_model" / "edgeline.json")["spec"])
    weights = load_weights(chain.fine_tune.out / "checkpoint" / "weights.safetensors", spec)
    for row in list(read_json_lines(chain.encode.out / "test" / "test.jsonl"))[:20]:
        tokens = np.array(row["input_ids"])
        np.testing.assert_allclose(
            runner.logits(tokens), reference.logits(spec.to_json(), weights, tokens), atol=largest
        )


def test_converted_again_int8_is_the_same_file(chain: Chain) -> None:
    again = chain.run_convert("again-int8", "int8")
    assert sha256_of(again.out / "model.tflite") == sha256_of(chain.root / "convert-int8" / "model.tflite")


@pytest.mark.parametrize("chain", ["mobilebert"], indirect=True)
def test_a_fixed_length(chain: Chain) -> None:
    run = chain.run_convert("fixed", "fp32", chain.run_freeze("freeze-fixed", sequence_length=16, rewrites=[]))
    assert run.summary["max_abs_logit_difference"] < 1e-4
    shapes = summarize((run.out / "model.tflite").read_bytes()).input_shapes
    assert sorted(shapes.values()) == [(1, 16)] * 3
    assert TfliteRunner(run.out / "model.tflite", 1).fixed_length == 16
    too_long = chain.run_freeze("too-long", sequence_length=65)
    assert too_long.failure["code"] == "too-long"
    assert "64 positions" in too_long.failure["message"]
    too_short = chain.run_freeze("too-short", sequence_length=3)
    assert too_short.failure["code"] == "too-short"


@pytest.mark.parametrize("chain", ["mobilebert"], indirect=True)
def test_a_file_past_its_gate(chain: Chain) -> None:
    # As if the model had been pretrained, and the SavedModel had said something else.
    frozen = chain.root / "lying" / "frozen"
    shutil.copytree(chain.freeze.out / "frozen", frozen)
    document = read_json(frozen / "edgeline.json")
    write_json(frozen / "edgeline.json", {**document, "weights": {**document["weights"], "pretrained": True}})
    rows = [{**row, "logits": row["logits"][::-1]} for row in read_json_lines(frozen / "texts.jsonl")]
    write_json_lines(frozen / "texts.jsonl", rows * 8)
    lying = replace(chain.freeze, out=frozen.parent)
    refused = chain.run_convert("refused", "int8", lying)
    assert refused.failure["code"] == "past-gate"
    assert "macro_f1_difference is" in refused.failure["message"]
    assert re.search(r"Weights that lost most: \S+ \(\d+\.\d+%\)", refused.failure["message"])
    assert "accept: { int8:" in refused.failure["hint"]
    write_json_lines(frozen / "texts.jsonl", rows)
    few = read_json(chain.run_convert("few", "int8", lying).out / "conversion.json")
    assert few["gates"][1]["passed"] is None
    assert few["gates"][1]["why"] == "64 texts are too few, 512 are enough"
    write_json_lines(frozen / "texts.jsonl", rows * 8)
    taken = chain.run_convert("taken", "int8", lying, accept={"int8": "to see it"})
    card = read_json(taken.out / "conversion.json")
    assert card["accepted"] == "to see it"
    assert [gate["passed"] for gate in card["gates"]] == [True, False]


@pytest.mark.parametrize("chain", ["mobilebert"], indirect=True)
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "edgeline.json").unlink(), "it has no edgeline.json"),
        (lambda folder: (folder / "saved_model.pb").write_bytes(b"no graph"), "TensorFlow cannot load it"),
    ],
)
def test_a_saved_model_that_is_none_of_ours(chain: Chain, damage: Callable[[Path], object], said: str) -> None:
    folder = chain.root / f"foreign-{len(said)}"
    shutil.copytree(chain.export.out / "saved_model", folder)
    damage(folder)
    options = {"sequence_length": "dynamic", "rewrites": [], "texts": 4}
    run = run_worker("freeze", folder / "out", options, {"model": folder, "fit": chain.encode.out / "fit"})
    assert run.failure["code"] == "foreign-saved-model"
    assert said in run.failure["message"]
