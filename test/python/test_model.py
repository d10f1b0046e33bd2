"""The forward pass against the NumPy reference, on random weights and on the real encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import reference
import tensorflow as tf
from edgeline_worker.files import read_json
from edgeline_worker.model import Forward, TransformerClassifier
from edgeline_worker.operations import gelu, layer_norm
from edgeline_worker.presets import spec_of_declaration
from edgeline_worker.spec import ModelSpec, parameter_count
from edgeline_worker.weights import draw_random_weights, load_weights
from edgeline_worker.wordpiece import load_tokenizer
from worker_rig import TINY_BERT, TINY_MOBILEBERT

DECLARATIONS = {
    "bert": TINY_BERT,
    "bert-mean": {**TINY_BERT, "pooling": "mean", "pooler": False},
    "mobilebert": TINY_MOBILEBERT,
    "mobilebert-pooler": {**TINY_MOBILEBERT, "pooler": True},
    "mobilebert-uneven": {
        **TINY_MOBILEBERT,
        "heads": [4, 2],
        "intermediate_size": [16, 40],
        "feed_forward_networks": [1, 3],
    },
}

LENGTHS = (3, 17, 24)


def padded(texts: list[np.ndarray], width: int) -> dict[str, tf.Tensor]:
    input_ids = np.zeros((len(texts), width), np.int32)
    mask = np.zeros((len(texts), width), np.int32)
    for row, tokens in enumerate(texts):
        input_ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return {
        "input_ids": tf.constant(input_ids),
        "attention_mask": tf.constant(mask),
        "token_type_ids": tf.zeros_like(input_ids),
    }


@pytest.fixture(params=DECLARATIONS, ids=str)
def model(request: pytest.FixtureRequest) -> tuple[ModelSpec, dict[str, np.ndarray], list[np.ndarray]]:
    spec = spec_of_declaration(DECLARATIONS[request.param]).with_head(3)
    weights = draw_random_weights(spec, 7)
    # As a real checkpoint may have it: the embedding of [PAD] is not zero.
    weights["embeddings.word_embeddings.weight"][0] = 0.3
    generator = np.random.default_rng(0)
    return spec, weights, [generator.integers(1, spec.vocabulary_size, length) for length in LENGTHS]


def forward(spec: ModelSpec, weights: dict[str, np.ndarray]) -> Forward:
    return Forward(spec, {name: tf.constant(array) for name, array in weights.items()})


def test_logits_are_those_of_the_reference(model: tuple) -> None:
    spec, weights, texts = model
    actual = forward(spec, weights).logits(**padded(texts, max(LENGTHS))).numpy()
    expected = np.stack([reference.logits(spec.to_json(), weights, tokens) for tokens in texts])
    assert np.ptp(expected, axis=0).max() > 0.01, "the texts must not all look the same to the model"
    np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_padding_changes_nothing(model: tuple) -> None:
    spec, weights, texts = model
    run = forward(spec, weights)
    exact = [run.logits(**padded([tokens], len(tokens))).numpy()[0] for tokens in texts]
    np.testing.assert_allclose(run.logits(**padded(texts, 40)).numpy(), np.stack(exact), atol=1e-5)


def test_every_parameter_matters(model: tuple) -> None:
    spec, weights, texts = model
    classifier = TransformerClassifier(spec)
    classifier.assign_weights(weights)
    assert classifier.count_params() == parameter_count(spec)
    inputs = padded(texts, max(LENGTHS))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(classifier(inputs, seed=tf.constant([1, 2]))))
    variables = {name: variable.value for name, variable in classifier.tensors.items()}
    gradients = tape.gradient(loss, variables)
    for name, gradient in gradients.items():
        assert gradient is not None, f"{name} is not in the model"
        # A constant added to every score of a row cancels in the softmax.
        if not name.endswith("attention.self.key.bias"):
            assert float(tf.reduce_max(tf.abs(tf.convert_to_tensor(gradient)))) > 0, f"{name} does nothing"


def test_dropout_is_that_of_its_seed(model: tuple) -> None:
    spec, weights, texts = model
    classifier = TransformerClassifier(spec)
    classifier.assign_weights(weights)
    inputs = padded(texts, max(LENGTHS))
    one, again, two = (classifier(inputs, seed=tf.constant([1, step])).numpy() for step in (0, 0, 4096))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, two)
    assert not np.array_equal(one, classifier(inputs).numpy())


def test_bfloat16_stays_close(model: tuple) -> None:
    spec, weights, texts = model
    inputs = padded(texts, max(LENGTHS))
    results = []
    for precision in ("float32", "bfloat16"):
        classifier = TransformerClassifier(spec, precision)
        classifier.assign_weights(weights)
        with tf.GradientTape() as tape:
            # A seed, for the derivatives that training uses; both drop the same elements.
            logits = classifier(inputs, seed=tf.constant([1, 2]))
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(tf.constant([0, 1, 2]), logits))
        assert logits.dtype == tf.float32
        gradients = tape.gradient(loss, [variable.value for variable in classifier.trainable_variables])
        flat = np.concatenate([tf.convert_to_tensor(gradient).numpy().ravel() for gradient in gradients])
        assert flat.dtype == np.float32
        results.append((logits.numpy(), flat / np.linalg.norm(flat)))
    (expected, exact), (actual, rounded) = results
    assert np.abs(actual - expected).max() < 0.05 * max(1.0, np.abs(expected).max())
    assert exact @ rounded > 0.98


@pytest.mark.parametrize("name", ["gelu", "layer_norm"])
def test_derivatives_in_closed_form_are_the_automatic_ones(name: str) -> None:
    generator = np.random.default_rng(1)
    arguments = [tf.constant(generator.normal(size=(5, 8)), tf.float32)]
    if name == "layer_norm":
        arguments += [tf.constant(generator.normal(size=8), tf.float32) for _ in range(2)]
    upstream = tf.constant(generator.normal(size=(5, 8)), tf.float32)

    def automatic(states: tf.Tensor, *scale: tf.Tensor) -> tf.Tensor:
        if name == "gelu":
            return tf.nn.gelu(states, approximate=False)
        mean, variance = tf.nn.moments(states, axes=[-1], keepdims=True)
        return (states - mean) / tf.sqrt(variance + 1e-12) * scale[0] + scale[1]

    def closed(states: tf.Tensor, *scale: tf.Tensor) -> tf.Tensor:
        return gelu(states) if name == "gelu" else layer_norm(states, *scale, 1e-12)

    results = []
    for function in (automatic, closed):
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            value = function(*arguments)
        results.append([value, *tape.gradient(value, arguments, upstream)])
    for expected, actual in zip(*results, strict=True):
        np.testing.assert_allclose(actual.numpy(), expected.numpy(), atol=2e-6)


PARAPHRASES = ("The car would not start this morning.", "My vehicle failed to start today.")
UNRELATED = "The orchestra played a quiet waltz."


def test_the_real_encoder_computes_what_the_reference_does(minilm: Path) -> None:
    spec = ModelSpec.from_json(read_json(minilm / "spec.json"))
    weights = load_weights(minilm / "weights.safetensors", spec)
    tokenizer = load_tokenizer(minilm / "vocab.txt", 64)
    texts = [np.array(tokenizer.encode(text).ids) for text in (*PARAPHRASES, UNRELATED)]
    width = max(len(tokens) for tokens in texts)
    states = forward(spec, weights).hidden_states(**padded(texts, width)).numpy().reshape(3, width, -1)
    sentences = []
    for tokens, actual in zip(texts, states, strict=True):
        expected = reference.hidden_states(spec.to_json(), weights, tokens)
        np.testing.assert_allclose(actual[: len(tokens)], expected, atol=1e-4)
        mean = expected.mean(axis=0)
        sentences.append(mean / np.linalg.norm(mean))
    # The weights mean something where they are: the encoder was trained to tell such sentences apart.
    paraphrase, unrelated = sentences[0] @ sentences[1], sentences[0] @ sentences[2]
    assert paraphrase > unrelated + 0.4, (paraphrase, unrelated)
