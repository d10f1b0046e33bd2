"""Updates in parts, with a loss scale, and with what a mean of the weights is made of."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from edgeline_worker.averaging import AVERAGE_EVERY, MovingAverage, mean_with
from edgeline_worker.batches import make_batch
from edgeline_worker.losses import Loss, cross_entropy
from edgeline_worker.optimizer import AdamW, layer_rates
from edgeline_worker.updates import LossScale, Update
from training_rig import tiny_model, tiny_texts

TEXTS = tiny_texts(12, 1)
NONE = np.zeros((12, 0), np.float32)


def updated(parts: int, precision: str = "float32", loss: Loss | None = None, soft: np.ndarray = NONE):
    """Weights, losses and the update after three of them on the same batch."""
    model = tiny_model(precision)
    update = Update(
        model,
        AdamW([variable.value for variable in model.trainable_variables], 0.01),
        loss or cross_entropy(),
        clip_norm=1.0,
        seed=1,
        parts=parts,
    )
    batches = [make_batch(TEXTS, indices) for indices in np.array_split(np.arange(12), parts)]
    losses = [update(batches, soft, step, 1e-3) for step in (1, 2, 3)]
    return model.weights_as_arrays(), losses, update


def test_a_batch_in_parts_is_the_batch_at_once() -> None:
    whole, whole_losses, _ = updated(1)
    cut, losses, _ = updated(5)
    assert losses == pytest.approx(whole_losses, rel=1e-5)
    for name, weights in whole.items():
        # Adam divides by the gradient's size: what is nearly zero is uncertain in all of one step, 1e-3.
        assert np.abs(cut[name] - weights).mean() < 2e-5, name
    start = tiny_model().weights_as_arrays()
    assert np.abs(whole["classifier.weight"] - start["classifier.weight"]).mean() > 1e-3


def test_soft_targets_reach_the_loss_row_by_row() -> None:
    soft = np.random.default_rng(0).random((12, 3)).astype(np.float32)

    def squares(logits: tf.Tensor, labels: tf.Tensor, soft_targets: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(tf.square(logits - soft_targets), axis=1)

    _, whole, _ = updated(1, loss=squares, soft=soft)
    _, cut, _ = updated(5, loss=squares, soft=soft)
    _, other, _ = updated(1, loss=squares, soft=soft[::-1].copy())
    assert cut == pytest.approx(whole, rel=1e-5)
    assert abs(other[0] - whole[0]) > 1e-3


def test_float16_skips_what_overflows_and_learns_with_a_smaller_scale() -> None:
    def steep(logits: tf.Tensor, labels: tf.Tensor, soft_targets: tf.Tensor) -> tf.Tensor:
        # Times the first scale, 2^15, its gradient is beyond float16's 65,504.
        return 100.0 * cross_entropy()(logits, labels, soft_targets)

    start = tiny_model("float16").weights_as_arrays()
    weights, losses, update = updated(1, "float16", steep)
    assert update.scale is not None and update.scale.value < 2.0**15
    assert all(np.isfinite(array).all() for array in weights.values())
    assert losses[0] == losses[1], "the first update was skipped"
    plain, _, calm = updated(1, "float16")
    assert calm.scale is not None and calm.scale.value == 2.0**15
    assert np.abs(plain["classifier.weight"] - start["classifier.weight"]).max() > 0


def test_a_loss_scale_grows_after_many_good_updates() -> None:
    scale = LossScale(8.0)
    scale.note(False)
    assert (scale.value, scale.good_steps) == (4.0, 0)
    for _ in range(2000):
        scale.note(True)
    assert (scale.value, scale.good_steps) == (8.0, 0)


def test_lower_layers_learn_slower() -> None:
    names = ["classifier.bias", "pooler.dense.weight", "encoder.layer.2.a", "encoder.layer.1.a", "encoder.layer.0.a"]
    rates = layer_rates([*names, "embeddings.word_embeddings.weight"], 3, 0.5)
    assert rates == [1.0, 1.0, 1.0, 0.5, 0.25, 0.125]
    # Adam's first update is the rate itself, whatever the gradient's size; decay has the same factor.
    variables = [tf.Variable([[1.0]]), tf.Variable([[1.0]])]
    optimizer = AdamW(variables, 0.1, [1.0, 0.5])
    optimizer.apply([tf.constant([[3.0]])] * 2, tf.constant(0.01), tf.constant(1.0))
    assert [variable.numpy().item() for variable in variables] == pytest.approx([0.99, 0.995])
    optimizer.decay(0.01, 1, last=True)
    assert [variable.numpy().item() for variable in variables] == pytest.approx([0.99 * 0.999, 0.995 * 0.9995])


def test_a_moving_average_is_the_plain_mean_and_then_forgets() -> None:
    variable = tf.Variable([0.0])
    average = MovingAverage({"w": variable}, 0.99)
    keep = 0.99**AVERAGE_EVERY
    expected, samples = 0.0, 0
    for step in range(1, 40 * AVERAGE_EVERY + 1):
        variable.assign([float(step)])
        average.note(step)
        if step % AVERAGE_EVERY == 0:
            samples += 1
            share = max(1 - keep, 1 / samples)
            expected += share * (step - expected)
        if samples == 3:
            assert average.as_arrays()["w"][0] == pytest.approx(np.mean([8, 16, 24]))
    assert average.samples == 40
    assert average.as_arrays()["w"][0] == pytest.approx(expected, rel=1e-5)
    assert abs(expected - np.mean(np.arange(8, 321, 8))) > 10, "not the plain mean any more"


def test_a_mean_takes_one_more_in() -> None:
    mean = mean_with({"w": np.array([2.0], np.float32)}, 3, {"w": np.array([6.0], np.float32)})
    assert mean["w"].tolist() == [3.0]
    assert mean["w"].dtype == np.float32
