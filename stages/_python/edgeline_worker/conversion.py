"""From a frozen graph to a TFLite file, and running such a file here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from tensorflow.core.framework.graph_pb2 import GraphDef

from edgeline_worker.batches import text_inputs
from edgeline_worker.freezing import OUTPUT_NAME
from edgeline_worker.savedmodel import INPUT_NAMES

PRECISIONS = ("fp32", "fp16", "int8")


def convert(graph: GraphDef, precision: str) -> bytes:
    """A TFLite file of what `freeze` made.

    Weights are float32; float16, widened when the model is loaded; or int8, a scale for each output channel, while
    activations are quantised as they come (dynamic range).
    """
    # The converter for functions would freeze the graph again and hand it on in three forms: the same file, half as fast.
    with tf.Graph().as_default() as imported:
        tf.import_graph_def(graph, name="")
        inputs = [imported.get_tensor_by_name(f"{name}:0") for name in INPUT_NAMES]
        converter = tf.compat.v1.lite.TFLiteConverter(
            graph, inputs, [imported.get_tensor_by_name(f"{OUTPUT_NAME}:0")]
        )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if precision != "fp32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "fp16":
        converter.target_spec.supported_types = [tf.float16]
    return converter.convert()


def read_graph(path: Path) -> GraphDef:
    """What the stage `freeze` wrote."""
    return GraphDef.FromString(path.read_bytes())


def weights_of(graph: GraphDef) -> dict[str, np.ndarray]:
    """Its constants of floats, by name."""
    return {
        node.name: tf.make_ndarray(node.attr["value"].tensor)
        for node in graph.node
        if node.op == "Const" and node.attr["dtype"].type == tf.float32.as_datatype_enum
    }


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
