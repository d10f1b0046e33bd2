"""What a training keeps, when it stops, and what it says of itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from edgeline_worker.checkpointing import SECONDS_VARIABLE, Checkpoints
from edgeline_worker.evaluation import compile_prediction, predict_all
from edgeline_worker.protocol import StageError
from edgeline_worker.training import Trainer, TrainingOptions
from training_rig import OPTIONS, Listener, tiny_model, tiny_texts

TEXTS, VALIDATION = tiny_texts(120, 1), tiny_texts(60, 2)


def trained(folder: Path, options: TrainingOptions, **changes: Any) -> Trainer:
    trainer = Trainer(tiny_model(dropout=0.1), TEXTS, VALIDATION, options, Listener(folder).job, **changes)
    trainer.train()
    return trainer


@pytest.mark.parametrize("average", ["none", "ema", "epochs"])
def test_the_best_on_validation_is_kept_with_its_predictions(tmp_path: Path, average: str) -> None:
    model = tiny_model(dropout=0.1)
    listener = Listener(tmp_path)
    # A rate at which it gets worse again.
    options = replace(OPTIONS, learning_rate=0.02, epochs=5, average=average, average_decay=0.95)
    trainer = Trainer(model, TEXTS, VALIDATION, options, listener.job)
    trainer.train()
    candidates: list[tuple[float, int, str]] = []
    for epoch in trainer.log.epochs:
        candidates.append((epoch["validation_macro_f1"], epoch["epoch"], "weights"))
        if "averaged" in epoch:
            candidates.append((epoch["averaged"]["validation_macro_f1"], epoch["epoch"], "average"))
    best = max(score for score, _, _ in candidates)
    assert (best, trainer.log.best_epoch, trainer.log.kept) == next(entry for entry in candidates if entry[0] == best)
    assert trainer.log.best["validation_macro_f1"] == best
    assert any("averaged" in epoch for epoch in trainer.log.epochs) == (average != "none")
    logits = predict_all(compile_prediction(model), VALIDATION, 3, listener.job, "again")
    np.testing.assert_array_equal(logits, trainer.validation_logits)


def test_averages_are_kept_when_they_are_better(tmp_path: Path) -> None:
    # Jumping about a minimum: the mean is nearer to it than any place.
    options = replace(OPTIONS, learning_rate=0.03, epochs=4, warmup_fraction=0.0, average="ema")
    assert trained(tmp_path, options).log.kept == "average"


def test_it_stops_when_nothing_got_better_for_a_while(tmp_path: Path) -> None:
    options = replace(OPTIONS, learning_rate=0.02, epochs=12, early_stopping_patience=2)
    stopped = trained(tmp_path, options)
    assert stopped.log.stopped_early
    assert len(stopped.log.epochs) == stopped.log.best_epoch + 2 < 12


def test_figures_are_streamed(tmp_path: Path) -> None:
    listener = Listener(tmp_path)
    Trainer(tiny_model(), TEXTS, VALIDATION, OPTIONS, listener.job).train()
    metrics = listener.of_type("metric")
    steps = [metric["step"] for metric in metrics if metric["name"] == "loss"]
    assert {1, 10, 20, 30, 40} <= set(steps)
    names = {metric["name"] for metric in metrics}
    assert {"samples_per_s", "train_loss", "validation_loss", "validation_accuracy", "validation_macro_f1"} <= names
    # Where a line is short, a terminal shows what was told first.
    assert list(dict.fromkeys(metric["name"] for metric in metrics))[:3] == ["loss", "samples_per_s", "validation_macro_f1"]
    progress = [entry for entry in listener.of_type("progress") if entry["unit"] == "steps"]
    assert progress[-1]["total"] == 45
    done = [entry["done"] for entry in progress]
    assert done == sorted(done)


def test_a_loss_that_is_not_finite_leaves_the_last_good_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECONDS_VARIABLE, "0")
    model = tiny_model()
    texts = tiny_texts(80, 3)
    checkpoints = Checkpoints(tmp_path / "resume")
    soft = np.zeros((80, 1), np.float32)
    # A teacher that answered nonsense for one text.
    soft[40] = np.nan
    trainer = Trainer(
        model,
        texts,
        VALIDATION,
        OPTIONS,
        Listener(tmp_path).job,
        loss=lambda logits, labels, targets: (logits[:, 0] - targets[:, 0]) ** 2,
        soft_targets=soft,
        checkpoints=checkpoints,
    )
    with pytest.raises(StageError, match="the loss is not a finite number at step") as caught:
        trainer.train()
    step = int(caught.value.message.split("at step ")[1].split()[0])
    assert f"the state after step {step - 1} is kept in {tmp_path / 'resume'}" in caught.value.message
    saved, _ = Checkpoints(tmp_path / "resume").load()
    assert saved is not None and saved.step == step - 1
    assert all(np.isfinite(array).all() for _, array in saved.arrays())


def test_a_state_with_ruined_weights_is_not_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECONDS_VARIABLE, "0")
    # A loss of 0 whose gradient is infinity times 0.
    trainer = Trainer(
        tiny_model(),
        TEXTS,
        VALIDATION,
        OPTIONS,
        Listener(tmp_path).job,
        loss=lambda logits, labels, targets: tf.sqrt(logits[:, 0] * 0.0),
        checkpoints=Checkpoints(tmp_path / "resume"),
    )
    with pytest.raises(StageError, match="not a finite number at step 2"):
        trainer.train()
    assert Checkpoints(tmp_path / "resume").load() == (None, [])


def test_one_that_was_killed_after_its_last_step_has_nothing_left_to_train(tmp_path: Path) -> None:
    options = replace(OPTIONS, epochs=2, average="epochs")
    first = trained(tmp_path, options, checkpoints=Checkpoints(tmp_path / "resume"))
    listener = Listener(tmp_path)
    model = tiny_model(dropout=0.1, seed=2)
    checkpoints = Checkpoints(tmp_path / "resume")
    again = Trainer(model, TEXTS, VALIDATION, options, listener.job, checkpoints=checkpoints)
    again.train()
    assert again.log.resumed_at == [30]
    assert listener.of_type("metric") == []
    assert again.log.best == first.log.best
    logits = predict_all(compile_prediction(model), VALIDATION, 3, listener.job, "again")
    np.testing.assert_array_equal(logits, first.validation_logits)
