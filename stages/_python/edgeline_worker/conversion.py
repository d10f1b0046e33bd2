"""From a SavedModel to a TFLite file that stands alone, and the proof that both say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from tensorflow.python.eager.polymorphic_function.concrete_function import ConcreteFunction
from tensorflow.python.eager.wrap_function import function_from_graph_def
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from edgeline_worker.savedmodel import INPUT_NAMES, SIGNATURE

PRECISIONS = ("fp32", "fp16", "int8")
OUTPUT_NAME = "logits"


@dataclass(frozen=True)
class Parity:
    """How far a TFLite file's logits are from the SavedModel's."""

    inputs: int
    max_abs_logit_difference: float
    argmax_agreement: float


def convert(saved_model: Path, precision: str, sequence_length: int | None) -> bytes:
    """A TFLite file for one text at a time: int32 (1, length) three times to float32 `logits` (1, labels).

    The length is free where `sequence_length` is None. Weights are constants: float32; float16, widened when the model
    is loaded; or int8, a scale for each output channel, while activations are quantised as they come (dynamic range).
    """
    # Held by a name of its own: its variables live as long as it does.
    loaded = tf.saved_model.load(str(saved_model))
    served = loaded.signatures[SIGNATURE]
    signature = [tf.TensorSpec([1, sequence_length], tf.int32, name=name) for name in INPUT_NAMES]

    @tf.function(input_signature=signature)
    def one_text(input_ids: tf.Tensor, attention_mask: tf.Tensor, token_type_ids: tf.Tensor) -> tf.Tensor:
        return served(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)["logits"]

    # Without this the file would read variables that only the program that converted it has, and the converter would
    # neither quantise the embedding tables nor see that shapes are constant.
    frozen = convert_variables_to_constants_v2(one_text.get_concrete_function())

    converter = tf.lite.TFLiteConverter.from_concrete_functions([_name_output(frozen, OUTPUT_NAME)])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if precision != "fp32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "fp16":
        converter.target_spec.supported_types = [tf.float16]
    return converter.convert()


def _name_output(function: ConcreteFunction, name: str) -> ConcreteFunction:
    """The same function with its only output called `name`: TensorFlow calls every function's output `Identity`.

    A signature would name it too, but takes a SavedModel of the constants, and half again as long.
    """
    graph = function.graph.as_graph_def()
    output = function.outputs[0].op.name
    for node in graph.node:
        if node.name == output:
            node.name = name
    return function_from_graph_def(graph, [tensor.name for tensor in function.inputs], [f"{name}:0"])


class TfliteRunner:
    """Runs a TFLite file text by text, at exact lengths where its length is free."""

    def __init__(self, path: Path, threads: int) -> None:
        self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
        inputs = self._interpreter.get_input_details()
        self._places = {
            name: next(detail["index"] for detail in inputs if name in detail["name"]) for name in INPUT_NAMES
        }
        self.fixed_length = None if inputs[0]["shape_signature"][1] == -1 else int(inputs[0]["shape"][1])
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._length = 0

    def logits(self, tokens: np.ndarray, second_from: int | None = None) -> np.ndarray:
        """int (length,) to float32 (labels,); padded where the file's length is fixed."""
        length = self.fixed_length or len(tokens)
        if length != self._length:
            for place in self._places.values():
                self._interpreter.resize_tensor_input(place, [1, length])
            self._interpreter.allocate_tensors()
            self._length = length
        arrays = text_inputs(tokens, length, second_from)
        for name, place in self._places.items():
            self._interpreter.set_tensor(place, arrays[name])
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output)[0].copy()


def text_inputs(tokens: np.ndarray, length: int, second_from: int | None = None) -> dict[str, np.ndarray]:
    """One text as int32 (1, length) by input name, padded on the right; tokens from `second_from` on are of type 1."""
    input_ids, mask, types = (np.zeros((1, length), np.int32) for _ in INPUT_NAMES)
    input_ids[0, : len(tokens)] = tokens
    mask[0, : len(tokens)] = 1
    if second_from is not None:
        types[0, second_from : len(tokens)] = 1
    return {"input_ids": input_ids, "attention_mask": mask, "token_type_ids": types}


def probe_texts(vocabulary_size: int, longest: int, count: int) -> list[np.ndarray]:
    """Made-up texts of 3 to `longest` tokens, int32 (length,) each; always the same ones."""
    generator = np.random.Generator(np.random.PCG64(0))
    lengths = generator.integers(3, longest + 1, count)
    return [generator.integers(1, vocabulary_size, length, dtype=np.int32) for length in sorted(lengths)]


def measure_parity(
    saved_model: Path, tflite: Path, texts: Sequence[np.ndarray], threads: int, pairs: bool = False
) -> Parity:
    """Both models on the same texts, one at a time and unpadded (but for a file of fixed length).

    With `pairs` the last two thirds of each text are its second segment.
    """
    loaded = tf.saved_model.load(str(saved_model))
    served = loaded.signatures[SIGNATURE]
    runner = TfliteRunner(tflite, threads)
    largest, agreeing = 0.0, 0
    for tokens in texts:
        second_from = len(tokens) // 3 if pairs else None
        arrays = text_inputs(tokens, len(tokens), second_from)
        expected = served(**{name: tf.constant(array) for name, array in arrays.items()})["logits"].numpy()[0]
        actual = runner.logits(tokens, second_from)
        largest = max(largest, float(np.max(np.abs(actual - expected))))
        agreeing += int(np.argmax(actual) == np.argmax(expected))
    return Parity(len(texts), largest, agreeing / len(texts))
