"""Text in, label out: the agent's program on real bundles' files, with a real TFLite file made by TensorFlow."""

from __future__ import annotations

import fcntl
import hashlib
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from test_agent import AGENT, PROTOCOL, make_model, reference
from worker_rig import ROOT, TINY_BERT, run_worker, write_lines

CLASSIFY = AGENT.parent / "classify.py"
LABELS = ["NEGATIVE", "NEUTRAL", "POSITIVE"]
ODD = json.loads((ROOT / "test" / "fixtures" / "texts" / "odd-texts.json").read_text(encoding="utf-8"))


def encode(
    folder: Path, texts: list[str], vocabulary: Path | None = None, max_length: int = 64, kind: str = "tweet"
) -> Path:
    """The real stages `encoder` and `encode` on these texts; returns the encoded test set."""
    folder.mkdir()
    rows = [
        {"entity": "E1", "entity_name": "BMW Group", "id": str(index), "label": LABELS[index % 3], "text": text}
        for index, text in enumerate(texts)
    ]
    for split, name in (("fit", "train"), ("fit", "validation"), ("test", "test")):
        write_lines(folder / split / f"{name}.jsonl", rows)
        (folder / split / "labels.json").write_text(json.dumps(LABELS))
    model = {**TINY_BERT, "max_positions": 512}
    external = {} if vocabulary is None else {"vocabulary": vocabulary}
    encoder = run_worker("encoder", folder / "encoder", {"model": model}, external=external)
    assert encoder.exit_code == 0, encoder.stderr
    inputs = {"fit": folder / "fit", "test": folder / "test", "encoder": encoder.out / "encoder"}
    options = {"max_length": max_length, "input": kind}
    encoded = run_worker("encode", folder / "encode", options, inputs)
    assert encoded.exit_code == 0, encoded.messages
    return encoded.out / "test"


def rows_of(encoded: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (encoded / "test.jsonl").read_text(encoding="utf-8").splitlines()]


def valid(texts: list[str]) -> list[str]:
    """What can stand in a file in UTF-8, and what `clean` would not leave out."""
    return [text for text in texts if text.strip() and not any("\ud800" <= letter <= "\udfff" for letter in text)]


@pytest.mark.parametrize("model", ["bert-base-uncased", "google-bert/bert-base-uncased"])
def test_the_published_cases_have_the_ids_of_the_training(wordpiece_data: Path, tmp_path: Path, model: str) -> None:
    from texts import Texts

    cases = json.loads((wordpiece_data / "tokenizer_tests.json").read_text())[model]
    encoded = encode(tmp_path / "e", [case["input"] for case in cases], wordpiece_data / "bert-vocab.txt", 512)
    texts = Texts(str(encoded))
    for case, row in zip(cases, rows_of(encoded), strict=True):
        ids = texts.encode(case["input"], None).ids
        assert ids == row["input_ids"] == case["encoded"]["input_ids"]


@pytest.mark.parametrize("kind", ["tweet", "entity-tweet"])
@pytest.mark.parametrize("real_vocabulary", [True, False])
def test_odd_texts_have_the_ids_of_the_training(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, real_vocabulary: bool
) -> None:
    from texts import Texts

    given = request.getfixturevalue("wordpiece_data") / "bert-vocab.txt" if real_vocabulary else None
    odd = valid(ODD)
    assert len(odd) > 25
    encoded = encode(tmp_path / "e", odd, given, 16, kind)
    texts = Texts(str(encoded))
    cut = 0
    for text, row in zip(odd, rows_of(encoded), strict=True):
        answer = texts.encode(text, "BMW Group")
        assert (answer.ids, answer.second_from) == (row["input_ids"], row.get("second_from")), text
        cut += answer.cut > 0
    card = json.loads((encoded.parent / "encode.json").read_text())
    assert cut == card["truncated"]["test"] > 0


def test_counts_the_tokens_that_were_cut(tmp_path: Path) -> None:
    from texts import Texts

    texts = Texts(str(encode(tmp_path / "e", ["a"], max_length=8)))
    assert [texts.encode("a " * count, None).cut for count in (1, 6, 7, 30)] == [0, 0, 1, 24]
    pair = Texts(str(encode(tmp_path / "pair", ["a"], max_length=16, kind="entity-tweet")))
    assert [pair.encode("a " * count, "x y").cut for count in (1, 11, 12, 30)] == [0, 0, 1, 19]


# What the program does with a bundle.


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Bundles as `deploy` makes them, of a tweet alone and of pairs."""
    root = tmp_path_factory.mktemp("bundles")
    made = {}
    kinds = (("tweet", "tweet", []), ("pair", "entity-tweet", []), ("fixed", "tweet", ["--length", "12"]))
    for name, kind, arguments in kinds:
        folder = root / name
        encoded = encode(root / f"{name}-encoded", ["good", "bad"], max_length=16, kind=kind)
        shutil.copytree(encoded, folder)
        make_model(folder, "--vocabulary", "400", *arguments)
        write_manifest(folder)
        made[name] = folder
    return made


def write_manifest(folder: Path) -> str:
    """Lists the files of a bundle; returns the digest that names it."""
    files = [
        {"path": path.name, "size": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(folder.iterdir())
        if path.name != "manifest.json"
    ]
    text = json.dumps({"schema": 1, "files": files})
    (folder / "manifest.json").write_text(text)
    return hashlib.sha256(text.encode()).hexdigest()


def classify(bundle: Path, *requests: Any, arguments: tuple[str, ...] = ()) -> tuple[list[dict[str, Any]], int]:
    lines = [request if isinstance(request, bytes) else json.dumps(request).encode() for request in requests]
    command = [sys.executable, "-B", str(CLASSIFY), "--bundle", str(bundle), *arguments]
    given = b"".join(line + b"\n" for line in lines)
    finished = subprocess.run(command, input=given, capture_output=True, check=False)
    return [json.loads(line) for line in finished.stdout.splitlines()], finished.returncode


def test_answers_every_text_with_what_the_model_says(bundles: dict[str, Path]) -> None:
    from protocol import PROTOCOL
    from texts import Texts

    bundle = bundles["tweet"]
    given = ["good and new", "Bad!", "a", "a longer text 123"]
    messages, code = classify(bundle, *({"text": text} for text in given))
    assert code == 0
    hello, *answers = messages
    assert hello["type"] == "hello" and hello["protocol"] == PROTOCOL and hello["emulated"] is False
    assert hello["labels"] == LABELS and hello["input"] == "tweet" and hello["max_length"] == 16
    assert hello["cleaning"] is None and hello["runtime"]["threads"] == 1
    assert hello["runtime"]["delegate"] == "xnnpack"
    assert hello["model_sha256"] == hashlib.sha256((bundle / "model.tflite").read_bytes()).hexdigest()
    texts = Texts(str(bundle))
    for number, (text, answer) in enumerate(zip(given, answers, strict=True), start=1):
        assert answer["type"] == "answer" and answer["line"] == number and answer["cleaned"] == text
        ids = texts.encode(text, None).ids
        expected = reference(bundle / "model.tflite", ids)
        assert answer["logits"] == pytest.approx(expected, abs=1e-5)
        assert answer["tokens"] == len(ids) and answer["tokens_cut"] == 0
        powers = [math.exp(value) for value in expected]
        probabilities = [power / sum(powers) for power in powers]
        assert list(answer["probabilities"].values()) == pytest.approx(probabilities, abs=1e-5)
        assert sum(answer["probabilities"].values()) == pytest.approx(1)
        assert answer["label"] == LABELS[expected.index(max(expected))]
        assert answer["probability"] == max(answer["probabilities"].values())
        assert answer["latency_ms"] > 0 and answer["tokenize_ms"] > 0


def test_each_answer_comes_before_the_next_text(bundles: dict[str, Path]) -> None:
    command = [sys.executable, "-B", str(CLASSIFY), "--bundle", str(bundles["tweet"])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        assert json.loads(process.stdout.readline())["type"] == "hello"
        for number, text in enumerate(["good", "bad"], start=1):
            process.stdin.write(json.dumps({"text": text}) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert (answer["line"], answer["cleaned"]) == (number, text)
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_pairs_take_the_name_of_the_entity(bundles: dict[str, Path]) -> None:
    from texts import Texts

    bundle = bundles["pair"]
    requests = [{"text": "good", "entity": "bmw"}, {"text": "good", "entity": "audi"}, {"text": "good"}]
    messages, code = classify(bundle, *requests, {"text": "good", "entity": "abcdefghijklm"}, {"text": "a", "entity": "\ud83d"})
    assert code == 0
    encoded = Texts(str(bundle)).encode("good", "bmw")
    assert encoded.second_from == 5
    expected = reference(bundle / "model.tflite", encoded.ids, encoded.second_from)
    assert messages[1]["logits"] == pytest.approx(expected, abs=1e-5)
    assert messages[1]["logits"] != messages[2]["logits"]
    assert [message.get("code") for message in messages[3:]] == ["no-entity", "long-entity", "bad-text"]
    assert "13 tokens, and there is room for 12" in messages[4]["message"]


def test_says_what_was_cut(bundles: dict[str, Path]) -> None:
    long = {"text": "a " * 20}
    assert classify(bundles["tweet"], long)[0][1]["tokens_cut"] == 6
    (_, answer), _ = classify(bundles["fixed"], long)
    assert (answer["tokens"], answer["tokens_cut"]) == (12, 10)


def test_a_text_that_cannot_be_asked_about_stops_no_other(bundles: dict[str, Path]) -> None:
    messages, code = classify(
        bundles["tweet"], {"text": "  "}, b"{not json", {"text": 3}, b'{"text": "\\ud83d"}', b"\xff", {"text": "good"}
    )
    assert code == 0
    assert [message.get("code") for message in messages[1:]] == [
        *["empty-text", "bad-line", "bad-line", "bad-text", "bad-line", None]
    ]
    assert messages[-1]["line"] == 6


def test_cleaning_goes_by_the_bundle(bundles: dict[str, Path], tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(bundles["tweet"], bundle)
    actions = [
        {"step": "html", "kind": "unescape-html", "named": {"amp": "&"}, "c1": "\u20ac" * 32},
        {"step": "marks", "kind": "replace", "pattern": "[\\u0021]+", "with": "\\1 "},
        {"step": "nfc", "kind": "normalize", "form": "NFC"},
    ]
    document = {"schema": 1, "rules": "mine", "unicode": "16", "actions": actions}
    (bundle / "cleaning.json").write_text(json.dumps(document))
    write_manifest(bundle)
    messages, _ = classify(bundle, {"text": "a&amp;b!! &#128; e\u0301"})
    assert messages[0]["cleaning"] == "mine"
    assert messages[1]["cleaned"] == "a&b\\1  \u20ac \u00e9"
    actions.append({"step": "new", "kind": "stem"})
    (bundle / "cleaning.json").write_text(json.dumps(document))
    write_manifest(bundle)
    messages, code = classify(bundle)
    assert code == 1 and messages[0]["code"] == "bundle-damaged" and "'stem'" in messages[0]["message"]


@pytest.mark.parametrize("name", ["model.tflite", "tokenizer.json", "labels.json", "encoding.json", "manifest.json"])
def test_refuses_a_bundle_in_which_a_file_has_changed(bundles: dict[str, Path], tmp_path: Path, name: str) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(bundles["tweet"], bundle)
    sha256 = hashlib.sha256((bundle / "manifest.json").read_bytes()).hexdigest()
    assert classify(bundle, {"text": "good"}, arguments=("--sha256", sha256))[1] == 0
    with open(bundle / name, "ab") as file:
        file.write(b"\n")
    messages, code = classify(bundle, {"text": "good"}, arguments=("--sha256", sha256))
    assert code == 1 and messages[0]["code"] == "bundle-damaged" and name in messages[0]["message"]


def test_a_bundle_of_before_says_so(bundles: dict[str, Path], tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    for name in ("model.tflite", "labels.json", "test.jsonl"):
        shutil.copyfile(bundles["tweet"] / name, bundle / name)
    write_manifest(bundle)
    messages, code = classify(bundle, {"text": "good"})
    assert code == 1 and messages[0]["code"] == "bundle-without-tokenizer"


def test_waits_for_no_measurement_and_disturbs_none(bundles: dict[str, Path], tmp_path: Path) -> None:
    lock = tmp_path / "measuring.lock"
    with open(lock, "w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        holder.write(json.dumps({"user": "anna", "host": "lab-pc", "pid": 7, "since": "noon"}))
        holder.flush()
        messages, code = classify(bundles["tweet"], {"text": "good"}, arguments=("--lock", str(lock)))
        assert code == 1 and messages[0]["code"] == "device-busy"
        assert "anna on lab-pc, who works on this device since noon (process 7)" in messages[0]["message"]
    assert classify(bundles["tweet"], {"text": "good"}, arguments=("--lock", str(lock)))[1] == 0


def test_missing_libraries_are_named_with_the_command_that_installs_them(bundles: dict[str, Path]) -> None:
    command = [sys.executable, "-S", str(CLASSIFY), "--bundle", str(bundles["tweet"])]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    failure = json.loads(finished.stdout)
    assert failure["code"] == "device-unusable"
    assert "npx pipeline devices setup" in failure["hint"]
