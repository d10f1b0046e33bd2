"""What is refused: files that only the program that converted them can run."""

from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf
from edgeline_worker.flatbuffer import check_stands_alone, summarize
from edgeline_worker.model import TransformerClassifier
from edgeline_worker.presets import spec_of_declaration
from edgeline_worker.savedmodel import INPUT_NAMES
from edgeline_worker.weights import draw_random_weights
from worker_rig import TINY_BERT


class Product(tf.Module):
    """Three signatures, of which only the first makes a file for a device."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = tf.Variable(tf.random.normal([8, 8], seed=1))

    @tf.function(input_signature=[tf.TensorSpec([1, 8], tf.float32)])
    def one(self, features: tf.Tensor) -> tf.Tensor:
        return tf.matmul(features, self.weight)

    @tf.function(input_signature=[tf.TensorSpec([None, 8], tf.float32)])
    def many(self, features: tf.Tensor) -> tf.Tensor:
        return tf.matmul(features, self.weight)

    @tf.function(input_signature=[tf.TensorSpec([1, 8, 8], tf.float32)])
    def inverse(self, features: tf.Tensor) -> tf.Tensor:
        return tf.linalg.inv(features)


def convert_as_it_is(name: str, folder: Path) -> bytes:
    """As a tutorial would: straight from the SavedModel, with what the converter offers when it complains."""
    model = Product()
    tf.saved_model.save(model, str(folder), signatures={"serving_default": getattr(model, name)})
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    return converter.convert()


def test_a_plain_file_stands_alone(tmp_path: Path) -> None:
    tflite = convert_as_it_is("one", tmp_path)
    assert check_stands_alone(tflite) == []
    assert summarize(tflite).operators == {"FULLY_CONNECTED": 1}


def test_a_classifier_converted_without_freezing_is_refused() -> None:
    spec = spec_of_declaration({**TINY_BERT, "hidden_size": 64, "vocabulary_size": 4000}).with_head(3)
    model = TransformerClassifier(spec)
    model.assign_weights(draw_random_weights(spec, 1))

    @tf.function(input_signature=[tf.TensorSpec([1, 16], tf.int32, name=name) for name in INPUT_NAMES])
    def one_text(input_ids: tf.Tensor, attention_mask: tf.Tensor, token_type_ids: tf.Tensor) -> tf.Tensor:
        return model(dict(zip(INPUT_NAMES, (input_ids, attention_mask, token_type_ids), strict=True)))

    tflite = tf.lite.TFLiteConverter.from_concrete_functions([one_text.get_concrete_function()], model).convert()
    assert check_stands_alone(tflite) == ["its weights are variables outside of the file (READ_VARIABLE, VAR_HANDLE)"]
    assert len(tflite) < 4 * 4000 * 64, "the embedding table alone is larger"


def test_a_free_batch_is_refused(tmp_path: Path) -> None:
    (reason,) = check_stands_alone(convert_as_it_is("many", tmp_path))
    assert reason.startswith("its batch is not fixed to 1 (inputs serving_default_features")


def test_operations_of_tensorflow_are_refused(tmp_path: Path) -> None:
    (reason,) = check_stands_alone(convert_as_it_is("inverse", tmp_path))
    assert reason == "it needs TensorFlow's own operations (FlexMatrixInverse)"


@pytest.mark.parametrize("junk", [b"", b"TFL3", b"\x1c\x00\x00\x00TFL2" + bytes(64), b"not a model at all"])
def test_what_is_no_tflite_file_is_refused(junk: bytes) -> None:
    (reason,) = check_stands_alone(junk)
    assert reason == "not a TFLite file: its identifier TFL3 is missing"
