"""What a result depends on beside its inputs: docs/decisions/014-what-names-a-result.md has the measurements."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import pytest
from edgeline_worker.files import read_json, sha256_of
from test_stages import Chain, fine_tune_options
from worker_rig import TINY_BERT, WorkerRun, run_worker

QUICK = {"epochs": 1, "limit_train": 64}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return Chain(tmp_path_factory.mktemp("determinism"), TINY_BERT)


def weights_with(chain: Chain, name: str, environment: dict[str, str], **changes: Any) -> str:
    inputs = {"fit": chain.encode.out / "fit", "encoder": chain.encoder.out / "encoder"}
    options = fine_tune_options(**QUICK, **changes)
    run = run_worker("fine-tune", chain.root / name, options, inputs, environment=environment)
    assert run.exit_code == 0, run.stderr
    return sha256_of(run.out / "checkpoint" / "weights.safetensors")


# Three processes that load TensorFlow, some 8 s each.
@pytest.mark.skipif(
    platform.machine() != "x86_64" or " avx2 " not in Path("/proc/cpuinfo").read_text(encoding="utf-8"),
    reason="needs an x86-64 processor with AVX2",
)
def test_the_instruction_set_changes_the_weights_and_the_same_one_repeats_them(chain: Chain) -> None:
    best = weights_with(chain, "best", {})
    capped = weights_with(chain, "capped", {"ONEDNN_MAX_CPU_ISA": "SSE41"})
    assert capped != best
    assert weights_with(chain, "capped-again", {"ONEDNN_MAX_CPU_ISA": "SSE41"}) == capped


# Two processes that load TensorFlow, some 8 s each: all that is not as usual at once.
def test_every_option_repeats_with_one_thread_and_with_two(chain: Chain) -> None:
    changes = {
        "batch_size": 4,
        "gradient_accumulation": 3,
        "layer_learning_rate_decay": 0.9,
        "class_weights": "balanced",
        "label_smoothing": 0.1,
        "dropout": 0.2,
        "attention_dropout": 0.05,
        "average": "ema",
        "average_decay": 0.9,
        "early_stopping_patience": 1,
    }
    one = weights_with(chain, "one-thread", {}, **changes, threads=1)
    assert weights_with(chain, "two-threads", {}, **changes, threads=2) == one
    training = read_json(chain.root / "two-threads" / "training.json")
    assert training["epochs"][0]["averaged"]["validation_macro_f1"] > 0
    assert read_json(chain.root / "two-threads" / "checkpoint" / "spec.json")["dropout"] == 0.2


def test_a_graphics_processor_that_is_not_there_is_said(chain: Chain) -> None:
    inputs = {"fit": chain.encode.out / "fit", "encoder": chain.encoder.out / "encoder"}
    run = run_worker("fine-tune", chain.root / "gpu", fine_tune_options(**QUICK, processor="gpu"), inputs)
    assert run.exit_code == 1
    assert run.failure["code"] == "no-gpu"
    assert "sees no graphics processor" in run.failure["message"]


def test_a_saved_model_does_not_depend_on_threads(chain: Chain) -> None:
    def export(threads: int) -> WorkerRun:
        inputs = {"checkpoint": chain.fine_tune.out / "checkpoint"}
        return run_worker("export", chain.root / f"export-{threads}", {}, inputs, threads=threads)

    first, second = (read_json(export(threads).out / "export.json")["files"] for threads in (1, 4))
    assert first == second


def test_bfloat16_is_refused_where_its_instructions_are_capped(chain: Chain) -> None:
    inputs = {"fit": chain.encode.out / "fit", "encoder": chain.encoder.out / "encoder"}
    options = fine_tune_options(**QUICK, precision="bfloat16")
    environment = {"ONEDNN_MAX_CPU_ISA": "avx2"}
    run = run_worker("fine-tune", chain.root / "refused", options, inputs, environment=environment)
    assert run.exit_code == 1
    assert run.failure["code"] == "precision-not-possible"
    assert "ONEDNN_MAX_CPU_ISA=avx2" in run.failure["message"]
