"""Makes a real, tiny TFLite classifier with the inputs of Edgeline's models, in a few seconds.

    python tiny_tflite.py OUTPUT [--length N] [--vocabulary N] [--explode] [--one-segment]

The model looks its tokens up in an embedding table, averages those under the attention mask and ends in one dense
layer of three labels. Its weights are drawn from a fixed seed, so equal arguments give equal logits.
"""

from __future__ import annotations

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

VOCABULARY = 50
WIDTH = 16
LABELS = 3


def build(length: int | None, explode: bool, one_segment: bool, vocabulary: int = VOCABULARY) -> bytes:
    """Returns the file's bytes: int32 inputs of shape (1, length), float32 logits of shape (1, 3).

    `length` None is a dynamic length; `explode` makes every logit infinite, as a broken conversion would; a model of
    `one_segment` has no input `token_type_ids`.
    """
    import numpy as np
    import tensorflow as tf

    generator = np.random.default_rng(7)
    table = tf.constant(generator.normal(size=(vocabulary, WIDTH)), tf.float32)
    kernel = tf.constant(generator.normal(size=(WIDTH, LABELS)), tf.float32)

    def tokens(name: str) -> tf.TensorSpec:
        return tf.TensorSpec((1, length), tf.int32, name=name)

    def classify(input_ids, attention_mask, token_type_ids):  # noqa: ANN001, ANN202
        embedded = tf.gather(table, input_ids) + 0.01 * tf.cast(token_type_ids, tf.float32)[:, :, None]
        mask = tf.cast(attention_mask, tf.float32)[:, :, None]
        pooled = tf.reduce_sum(embedded * mask, axis=1) / tf.reduce_sum(mask, axis=1)
        logits = tf.matmul(pooled, kernel)
        return {"logits": tf.exp(logits * 1e4) + 1e38 * 10 if explode else logits}

    if one_segment:

        @tf.function(input_signature=[tokens("input_ids"), tokens("attention_mask")])
        def serve(input_ids, attention_mask):  # noqa: ANN001, ANN202 - TensorFlow reads the signature
            return classify(input_ids, attention_mask, tf.zeros_like(input_ids))

    else:

        @tf.function(input_signature=[tokens("input_ids"), tokens("attention_mask"), tokens("token_type_ids")])
        def serve(input_ids, attention_mask, token_type_ids):  # noqa: ANN001, ANN202 - TensorFlow reads the signature
            return classify(input_ids, attention_mask, token_type_ids)

    module = tf.Module()
    module.serve = serve
    function = serve.get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], module)
    return converter.convert()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--length", type=int, default=None)
    parser.add_argument("--vocabulary", type=int, default=VOCABULARY)
    parser.add_argument("--explode", action="store_true")
    parser.add_argument("--one-segment", action="store_true")
    arguments = parser.parse_args()
    arguments.output.write_bytes(build(arguments.length, arguments.explode, arguments.one_segment, arguments.vocabulary))


if __name__ == "__main__":
    main()
