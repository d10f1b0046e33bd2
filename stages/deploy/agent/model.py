"""A TFLite classifier with named inputs, run one text at a time with LiteRT."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from protocol import AgentError

INPUT_NAMES = ("input_ids", "attention_mask", "token_type_ids")


def plain_name(tensor_name: str) -> str:
    """`serving_default_input_ids:0` -> `input_ids`: converters wrap the names of a signature."""
    name = tensor_name.split(":", 1)[0]
    prefix = "serving_default_"
    return name[len(prefix) :] if name.startswith(prefix) else name


class Model:
    """One interpreter. A dynamic length follows each text; a fixed length is padded with id 0 under mask 0.

    `path` is a .tflite file whose int32 or int64 inputs of shape (1, length) are named as in `INPUT_NAMES`
    (`input_ids` is required) and whose logits are float32 of shape (1, labels). Raises AgentError otherwise.
    """

    def __init__(self, path: str, threads: int) -> None:
        try:
            self._interpreter = Interpreter(model_path=path, num_threads=threads)
        except (RuntimeError, ValueError) as error:
            raise AgentError("model-unreadable", f"LiteRT cannot load {path}: {error}", None) from error
        self._inputs: Dict[str, Dict[str, Any]] = {}
        for detail in self._interpreter.get_input_details():
            self._inputs[plain_name(detail["name"])] = detail
        unknown = sorted(set(self._inputs) - set(INPUT_NAMES))
        if unknown or "input_ids" not in self._inputs:
            raise AgentError(
                "model-inputs",
                f"the model's inputs are {', '.join(sorted(self._inputs))}; "
                f"this agent feeds {', '.join(INPUT_NAMES)}, of which input_ids must be there",
                "Export the model with the signature that stages/export writes.",
            )
        shape = [int(size) for size in self._inputs["input_ids"]["shape_signature"]]
        if len(shape) != 2 or shape[0] not in (1, -1):
            raise AgentError("model-inputs", f"input_ids has the shape {shape}; (1, length) is needed", None)
        self.fixed_length: Optional[int] = shape[1] if shape[1] > 0 else None
        self._output = self._logits_index()
        self._length = 0
        self.resizes = 0
        self.resize_seconds = 0.0
        if self.fixed_length is not None:
            self.prepare(self.fixed_length)

    def _logits_index(self) -> int:
        outputs = self._interpreter.get_output_details()
        if len(outputs) == 1:
            return int(outputs[0]["index"])
        for key in self._interpreter.get_signature_list():
            # The runner holds a reference to the interpreter that forbids resizing: use it and let it go.
            named = self._interpreter.get_signature_runner(key).get_output_details()
            if "logits" in named:
                return int(named["logits"]["index"])
        for detail in outputs:
            if plain_name(detail["name"]) == "logits":
                return int(detail["index"])
        names = ", ".join(str(detail["name"]) for detail in outputs)
        raise AgentError("model-outputs", f"none of the model's outputs ({names}) is named logits", None)

    def length_for(self, tokens: int) -> int:
        """The input length, in tokens, at which a text of `tokens` runs."""
        return self.fixed_length if self.fixed_length is not None else max(tokens, 1)

    def prepare(self, length: int) -> bool:
        """Gives the inputs this length; True when that changed something. The time it takes is kept apart."""
        if length == self._length:
            return False
        start = time.perf_counter()
        for detail in self._inputs.values():
            if list(detail["shape"]) != [1, length] or self._length != 0:
                self._interpreter.resize_tensor_input(detail["index"], [1, length])
        self._interpreter.allocate_tensors()
        self.resize_seconds += time.perf_counter() - start
        self.resizes += 1
        self._length = length
        return True

    def run(self, input_ids: Sequence[int], second_from: Optional[int] = None) -> Tuple[List[float], float]:
        """Logits of one text and the seconds that took: set_tensor, invoke and get_tensor, nothing else.

        `prepare` must have set the length. A text longer than a fixed length keeps its last token ([SEP]). Tokens from
        `second_from` on are of type 1; raises AgentError where the model has no input that could say so.
        """
        ids = list(input_ids)
        if len(ids) > self._length:
            ids = ids[: self._length - 1] + ids[-1:]
        values = {name: np.zeros((1, self._length), detail["dtype"]) for name, detail in self._inputs.items()}
        values["input_ids"][0, : len(ids)] = ids
        if "attention_mask" in values:
            values["attention_mask"][0, : len(ids)] = 1
        if second_from is not None:
            if "token_type_ids" not in values:
                raise AgentError(
                    "model-inputs",
                    "the texts are pairs, but the model has no input token_type_ids to tell their parts by",
                    "Deploy a model that was trained on these texts.",
                )
            values["token_type_ids"][0, second_from : len(ids)] = 1
        feeds = [(self._inputs[name]["index"], value) for name, value in values.items()]
        start = time.perf_counter()
        for index, value in feeds:
            self._interpreter.set_tensor(index, value)
        self._interpreter.invoke()
        output = self._interpreter.get_tensor(self._output)
        seconds = time.perf_counter() - start
        return [float(value) for value in output.reshape(-1)], seconds

    def delegate(self) -> str:
        """`xnnpack` when the runtime's default delegate took part of the graph, else `none`."""
        operations = self._interpreter._get_ops_details()
        return "xnnpack" if any(operation["op_name"] == "DELEGATE" for operation in operations) else "none"
