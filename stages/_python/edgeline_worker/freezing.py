"""From a SavedModel to a graph of constants for one text, and what the SavedModel says of real texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow.python.eager.polymorphic_function.concrete_function import ConcreteFunction
from tensorflow.python.eager.wrap_function import function_from_graph_def

from edgeline_worker.batches import EncodedTexts, evaluation_order, make_batch, text_inputs
from edgeline_worker.inference import OneText
from edgeline_worker.protocol import Job, StageError
from edgeline_worker.rewrites import Rewritten
from edgeline_worker.savedmodel import INPUT_NAMES, SIGNATURE
from edgeline_worker.spec import ModelSpec, parameter_shapes

OUTPUT_NAME = "logits"
REFERENCE_BATCH = 64


@dataclass(frozen=True)
class Served:
    """A SavedModel that is known to be one of ours."""

    model: Any
    """Held by a name of its own: its variables live as long as it does."""
    weights: Mapping[str, np.ndarray]

    def logits(self, texts: EncodedTexts, job: Job) -> np.ndarray:
        """float32 (texts, labels), in batches of similar lengths; reports progress in rows."""
        serve = self.model.signatures[SIGNATURE]
        found: np.ndarray | None = None
        done = 0
        for indices in evaluation_order(texts.lengths, REFERENCE_BATCH):
            batch = make_batch(texts, indices)
            arrays = (batch.input_ids, batch.attention_mask, batch.token_type_ids)
            answer = serve(**{name: tf.constant(array) for name, array in zip(INPUT_NAMES, arrays, strict=True)})
            values = answer[OUTPUT_NAME].numpy()
            if found is None:
                found = np.zeros((len(texts), values.shape[1]), np.float32)
            found[indices] = values
            done += len(indices)
            job.progress(done, len(texts), "rows", "asking the SavedModel")
        if found is None:
            raise ValueError("no texts")
        return found


def open_saved_model(folder: Path, spec: ModelSpec) -> Served:
    """Raises StageError `foreign-saved-model`, which says what is not as `export` writes it."""
    try:
        model = tf.saved_model.load(str(folder))
    except (OSError, ValueError, tf.errors.OpError) as error:
        raise _foreign(f"TensorFlow cannot load it: {str(error).splitlines()[0]}") from error
    serve = model.signatures.get(SIGNATURE)
    if serve is None:
        found = ", ".join(sorted(model.signatures)) or "none"
        raise _foreign(f"it has no signature {SIGNATURE} (it has {found})")
    _, inputs = serve.structured_input_signature
    if set(inputs) != set(INPUT_NAMES):
        raise _foreign(f"its inputs are {', '.join(sorted(inputs))}, not {', '.join(INPUT_NAMES)}")
    for name, tensor in sorted(inputs.items()):
        if tensor.dtype != tf.int32 or tensor.shape.as_list() != [None, None]:
            raise _foreign(f"its input {name} is {tensor.dtype.name} {tensor.shape}, not int32 (batch, length), both free")
    if OUTPUT_NAME not in serve.structured_outputs:
        raise _foreign(f"its outputs are {', '.join(sorted(serve.structured_outputs))}; there is no {OUTPUT_NAME}")
    variables = getattr(model, "tensors", None)
    if variables is None:
        raise _foreign("its variables are not kept by canonical name")
    weights = {name: variable.numpy() for name, variable in variables.items()}
    for name, shape in parameter_shapes(spec).items():
        if name not in weights or weights[name].shape != shape:
            raise _foreign(f"its spec says that {name} is {shape}, which it is not")
    return Served(model, weights)


def _foreign(what: str) -> StageError:
    return StageError(
        "foreign-saved-model",
        f"this SavedModel cannot be frozen: {what}",
        "give the SavedModel of the stage `export`, or make one like it (stages/export/README.md)",
    )


def freeze(spec: ModelSpec, rewritten: Rewritten, sequence_length: int | None) -> GraphDef:
    """int32 (1, length) `input_ids`, `attention_mask` and `token_type_ids` to float32 (1, labels) `logits`.

    Weights are constants under their names: a file converted from variables reads what only the program that converted
    it has, and the converter neither quantises embedding tables that are variables nor sees that shapes are constant.
    """
    signature = [tf.TensorSpec([1, sequence_length], tf.int32, name=name) for name in INPUT_NAMES]

    @tf.function(input_signature=signature, autograph=False)
    def one_text(input_ids: tf.Tensor, attention_mask: tf.Tensor, token_type_ids: tf.Tensor) -> tf.Tensor:
        tensors = {name: tf.constant(array, name=name) for name, array in rewritten.tensors.items()}
        return OneText(spec, rewritten, tensors).logits(input_ids, attention_mask, token_type_ids)

    function = one_text.get_concrete_function()
    graph = function.graph.as_graph_def()
    # TensorFlow calls every function's output `Identity`; a signature would name it too, but takes a SavedModel.
    output = function.outputs[0].op.name
    for node in graph.node:
        if node.name == output:
            node.name = OUTPUT_NAME
    return graph


def function_of(graph: GraphDef) -> ConcreteFunction:
    """What `freeze` made, to be called or converted."""
    return function_from_graph_def(graph, [f"{name}:0" for name in INPUT_NAMES], [f"{OUTPUT_NAME}:0"])


def largest_difference(graph: GraphDef, texts: EncodedTexts, expected: np.ndarray, length: int | None) -> float:
    """Of the graph's logits from the expected ones, one text at a time, padded where the graph's length is fixed."""
    run = function_of(graph)
    largest = 0.0
    for tokens, second_from, logits in zip(texts.token_ids, texts.second_from, expected, strict=True):
        arrays = text_inputs(tokens, length or len(tokens), int(second_from))
        (actual,) = run(*(tf.constant(arrays[name]) for name in INPUT_NAMES))
        largest = max(largest, float(np.max(np.abs(actual.numpy()[0] - logits))))
    return largest
