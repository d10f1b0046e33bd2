"""Weights of the Hugging Face Hub, against a stand-in of it: what is fetched, kept, resumed, checked and said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from edgeline_worker.files import read_json
from edgeline_worker.presets import spec_of_declaration
from edgeline_worker.weights import draw_random_weights, load_weights
from hub_rig import COMMIT, Hub, serve_hub
from safetensors.numpy import save
from worker_rig import ROOT, TINY_BERT, WorkerRun, run_worker

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
WEIGHTS = draw_random_weights(spec_of_declaration(TINY_BERT), 3)
FILES = {
    "config.json": json.dumps(CONFIG).encode(),
    "vocab.txt": b"[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n",
    "model.safetensors": save({f"bert.{name}": array for name, array in WEIGHTS.items()}),
    "README.md": b"not asked for",
}
SIZE = len(FILES["model.safetensors"])


def run(tmp_path: Path, hub: Hub, name: str, weights: str = "hf:someone/tiny", **environment: str) -> WorkerRun:
    """All runs of a test share a cache."""
    return run_worker(
        "encoder",
        tmp_path / name,
        {"model": {"family": "bert", "weights": weights}},
        cache=tmp_path / "cache",
        environment={"HF_ENDPOINT": hub.endpoint, **environment},
    )


def test_a_model_is_fetched_checked_recorded_and_kept(tmp_path: Path) -> None:
    with serve_hub(FILES) as hub:
        first = run(tmp_path, hub, "a")
        assert first.summary["pretrained"] is True
        weights = load_weights(first.out / "encoder" / "weights.safetensors", spec_of_declaration(TINY_BERT))
        assert all(np.array_equal(weights[name], WEIGHTS[name]) for name in WEIGHTS)
        card = read_json(first.out / "encoder" / "encoder.json")
        assert (card["commit"], card["licence"]) == (COMMIT, "mit")
        assert sorted(card["files"]) == ["config.json", "model.safetensors", "vocab.txt"]
        assert card["sha256"] == card["files"]["model.safetensors"]
        assert not any("README" in path for _, path, _ in hub.requests)

        fetched = len(hub.requests)
        pinned = run(tmp_path, hub, "b", f"hf:someone/tiny@{COMMIT}")
        assert len(hub.requests) == fetched, "a commit in the cache needs no network"
        assert read_json(pinned.out / "encoder" / "encoder.json")["commit"] == COMMIT
        run(tmp_path, hub, "c", "hf:someone/tiny@main")
        assert [path for _, path, _ in hub.requests[fetched:]] == ["/api/models/someone/tiny/revision/main"]
        assert run(tmp_path, hub, "d", "hf:someone/tiny@refs/pr/1").summary["pretrained"] is True


def test_without_the_network_the_cache_serves(tmp_path: Path) -> None:
    with serve_hub(FILES) as hub:
        run(tmp_path, hub, "a")
    # The stand-in is gone.
    again = run(tmp_path, hub, "b")
    assert again.summary["pretrained"] is True
    (warning,) = again.of_type("log")
    assert warning["level"] == "warning"
    assert f"taking commit {COMMIT}, which it was last time" in warning["message"]
    files = [(tmp_path / name / "encoder" / "weights.safetensors").read_bytes() for name in "ab"]
    assert files[0] == files[1]


def test_without_network_and_cache_it_says_what_to_put_where(tmp_path: Path) -> None:
    with serve_hub(FILES) as hub:
        pass
    failed = run(tmp_path, hub, "a", "hf:someone/tiny@v1")
    assert failed.exit_code == 1
    assert failed.failure["code"] == "download-failed"
    assert failed.failure["message"].startswith(f"could not get someone/tiny@v1 from {hub.endpoint}: ")
    hint = failed.failure["hint"]
    assert "check the network" in hint
    assert "declare `weights: dir:PATH` (it needs config.json; model.safetensors or pytorch_model.bin" in hint
    assert "Traceback" not in failed.stderr


def test_a_cut_connection_is_resumed_where_it_was_cut(tmp_path: Path) -> None:
    with serve_hub(FILES, cut_after=[10_000, 20_000]) as hub:
        assert run(tmp_path, hub, "a").summary["pretrained"] is True
        assert hub.ranges() == ["bytes=0-", "bytes=10000-", "bytes=30000-"]


def test_a_killed_download_goes_on_in_the_next_run(tmp_path: Path) -> None:
    with serve_hub(FILES, cut_after=[50_000], hang=True) as hub:
        out = tmp_path / "a"
        script = (
            "from pathlib import Path; from test_hub import run; from hub_rig import Hub; import sys; "
            "run(Path(sys.argv[1]), Hub({}, endpoint=sys.argv[2]), 'a')"
        )
        path = os.pathsep.join([str(ROOT / "test" / "python"), *sys.path])
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path), hub.endpoint],
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,
        )
        while not any(path.stat().st_size == 50_000 for path in tmp_path.rglob("partial/*-model.safetensors")):
            assert process.poll() is None, "it ended before it was killed"
            time.sleep(0.02)
        os.killpg(process.pid, 9)
        process.wait()
        assert not out.joinpath("encoder", "weights.safetensors").exists()
        assert run(tmp_path, hub, "b").summary["pretrained"] is True
        assert hub.ranges() == ["bytes=0-", "bytes=50000-"]


def test_content_that_was_not_announced_is_not_kept(tmp_path: Path) -> None:
    with serve_hub(FILES, announce_other_digest=True) as hub:
        failed = run(tmp_path, hub, "a")
        assert failed.failure["code"] == "download-failed"
        assert "model.safetensors of someone/tiny came with other content" in failed.failure["message"]
        hub.announce_other_digest = False
        assert run(tmp_path, hub, "b").summary["pretrained"] is True


def test_the_token_goes_to_the_hub_only(tmp_path: Path) -> None:
    with serve_hub(FILES, token="hf_secret123") as hub:
        closed = run(tmp_path, hub, "a")
        assert "none that everybody may see" in closed.failure["message"]
        assert "set HF_TOKEN for a private model" in closed.failure["hint"]
        opened = run(tmp_path, hub, "b", HF_TOKEN="hf_secret123")
        assert opened.summary["pretrained"] is True
        stored = [headers for _, path, headers in hub.requests if path.startswith("cdn:")]
        assert stored and not any("authorization" in headers for headers in stored)
        assert "hf_secret123" not in opened.stderr + json.dumps(opened.messages)


@pytest.mark.parametrize(
    ("weights", "options", "message"),
    [
        ("hf:someone/other", {}, "could not get someone/other@main from {}: there is no such model"),
        ("hf:someone/tiny@v9", {}, "could not get someone/tiny@v9 from {}: there is no such revision"),
        ("hf:someone/tiny", {"gated": True}, "could not get someone/tiny@main from {}: its terms have to be accepted"),
    ],
)
def test_what_the_hub_refuses_is_said(tmp_path: Path, weights: str, options: dict, message: str) -> None:
    with serve_hub(FILES, **options) as hub:
        failed = run(tmp_path, hub, "a", weights)
        assert failed.failure["code"] == "download-failed"
        assert failed.failure["message"].startswith(message.format(hub.endpoint))


def test_a_server_that_is_no_hub(tmp_path: Path) -> None:
    with serve_hub(FILES) as hub:
        failed = run(tmp_path, hub, "a", HF_ENDPOINT=hub.storage)
        assert failed.failure["code"] == "download-failed"
        assert "check that HF_ENDPOINT names a Hub" in failed.failure["hint"] or "network" in failed.failure["hint"]


def test_shards_are_found_by_their_index(tmp_path: Path) -> None:
    names = sorted(WEIGHTS)
    halves = {"model-1-of-2.safetensors": names[:9], "model-2-of-2.safetensors": names[9:]}
    index = {"weight_map": {name: shard for shard, held in halves.items() for name in held}}
    shards = {shard: save({name: WEIGHTS[name] for name in held}) for shard, held in halves.items()}
    files = {name: FILES[name] for name in ("config.json", "vocab.txt")} | shards
    with serve_hub(files | {"model.safetensors.index.json": json.dumps(index).encode()}) as hub:
        fetched = run(tmp_path, hub, "a")
        weights = load_weights(fetched.out / "encoder" / "weights.safetensors", spec_of_declaration(TINY_BERT))
        assert all(np.array_equal(weights[name], WEIGHTS[name]) for name in WEIGHTS)
        card = read_json(fetched.out / "encoder" / "encoder.json")
        assert set(card["files"]) == set(files) | {"model.safetensors.index.json"}
    with serve_hub(files) as hub:
        assert run(tmp_path, hub, "b").failure["message"].endswith("has no model.safetensors")
