"""What is in a TFLite file, read from the file itself. Needs LiteRT's schema only, not TensorFlow.

Schema: https://github.com/google-ai-edge/LiteRT/blob/main/tflite/converter/schema/schema.fbs
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from ai_edge_litert import schema_py_generated as schema

_OPERATOR_NAMES = {
    value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int) and name.isupper()
}

_TYPE_NAMES = {value: name for name, value in vars(schema.TensorType).items() if isinstance(value, int)}

_FLOATS = {schema.TensorType.FLOAT32: np.float32, schema.TensorType.FLOAT16: np.float16}

_VARIABLE_OPERATORS = frozenset({"VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE"})


@dataclass(frozen=True)
class TfliteSummary:
    """Operations by name, and the inputs and outputs of the only subgraph as (name, shape, type) with -1 for free."""

    operators: dict[str, int]
    custom_operators: tuple[str, ...]
    subgraphs: int
    input_shapes: dict[str, tuple[int, ...]]
    output_shapes: dict[str, tuple[int, ...]]
    wide_integers: tuple[str, ...]
    """Tensors of 64-bit integers."""
    integer_operators: frozenset[str]
    """Operations whose first output is of 32-bit integers."""

    @property
    def operator_count(self) -> int:
        return sum(self.operators.values())


def summarize(tflite: bytes) -> TfliteSummary:
    """Raises ValueError when the bytes are not a TFLite model, or not the whole of one."""
    if len(tflite) < 8 or not schema.Model.ModelBufferHasIdentifier(tflite, 0):
        raise ValueError("not a TFLite file: its identifier TFL3 is missing")
    try:
        model = schema.Model.GetRootAs(tflite, 0)
        missing = _missing_bytes(model, len(tflite))
        if missing > 0:
            raise ValueError(f"not a whole TFLite file: {missing} bytes or more are missing at its end")
        return _summarize(model)
    except (struct.error, IndexError, TypeError, UnicodeDecodeError) as error:
        raise ValueError("not a whole TFLite file: it is damaged or cut off") from error


def _missing_bytes(model: schema.Model, size: int) -> int:
    """How far the content of tensors reaches beyond the file's end."""
    end = 0
    for index in range(model.BuffersLength()):
        buffer = model.Buffers(index)
        place = buffer._tab.Offset(4)
        if place:
            end = max(end, buffer._tab.Vector(place) + buffer._tab.VectorLen(place))
    return end - size


def _summarize(model: schema.Model) -> TfliteSummary:
    operators: Counter[str] = Counter()
    custom: set[str] = set()
    on_integers: set[str] = set()
    for index in range(model.SubgraphsLength()):
        graph = model.Subgraphs(index)
        for position in range(graph.OperatorsLength()):
            code = model.OperatorCodes(graph.Operators(position).OpcodeIndex())
            # Old files keep small codes in the deprecated field.
            name = _OPERATOR_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            if name == "CUSTOM":
                custom.add((code.CustomCode() or b"").decode())
            operators[name] += 1
            if graph.Operators(position).OutputsLength() > 0:
                output = graph.Tensors(graph.Operators(position).Outputs(0))
                if output.Type() == schema.TensorType.INT32:
                    on_integers.add(name)
    graph = model.Subgraphs(0)
    return TfliteSummary(
        operators=dict(sorted(operators.items())),
        custom_operators=tuple(sorted(custom)),
        subgraphs=model.SubgraphsLength(),
        input_shapes=_shapes(graph, [graph.Inputs(index) for index in range(graph.InputsLength())]),
        output_shapes=_shapes(graph, [graph.Outputs(index) for index in range(graph.OutputsLength())]),
        wide_integers=tuple(_wide_integers(graph)),
        integer_operators=frozenset(on_integers),
    )


def _wide_integers(graph: schema.SubGraph) -> Iterator[str]:
    for index in range(graph.TensorsLength()):
        tensor = graph.Tensors(index)
        if tensor.Type() in (schema.TensorType.INT64, schema.TensorType.UINT64):
            yield tensor.Name().decode()


def _shapes(graph: schema.SubGraph, tensors: list[int]) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for index in tensors:
        tensor = graph.Tensors(index)
        signature = tensor.ShapeSignatureLength()
        extents = (
            [tensor.ShapeSignature(axis) for axis in range(signature)]
            if signature
            else [tensor.Shape(axis) for axis in range(tensor.ShapeLength())]
        )
        shapes[tensor.Name().decode()] = tuple(extents)
    return shapes


@dataclass(frozen=True)
class Constant:
    """A tensor whose values are in the file; its buffer may be shared with others."""

    name: str
    kind: str
    """Element type as in the schema, for example `INT8`."""
    shape: tuple[int, ...]
    buffer: int
    bytes: int
    tensor: schema.Tensor
    data: np.ndarray

    @property
    def values(self) -> np.ndarray | None:
        """float32, widened or multiplied by its scales; None where it holds no weights (integers without scales).

        Computed when asked for: most who look through a file want sizes only.
        """
        return _values(self.tensor, self.data, self.shape)


def constants(tflite: bytes) -> Iterator[Constant]:
    """Of all subgraphs, in the file's order."""
    model = schema.Model.GetRootAs(tflite, 0)
    for index in range(model.SubgraphsLength()):
        graph = model.Subgraphs(index)
        for position in range(graph.TensorsLength()):
            tensor = graph.Tensors(position)
            buffer = model.Buffers(tensor.Buffer())
            if buffer.DataLength() == 0:
                continue
            shape = tuple(tensor.Shape(axis) for axis in range(tensor.ShapeLength()))
            yield Constant(
                tensor.Name().decode(),
                _TYPE_NAMES[tensor.Type()],
                shape,
                tensor.Buffer(),
                buffer.DataLength(),
                tensor,
                buffer.DataAsNumpy(),
            )


def _values(tensor: schema.Tensor, data: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    kind = tensor.Type()
    if kind in _FLOATS:
        return data.view(_FLOATS[kind]).astype(np.float32).reshape(shape)
    quantization = tensor.Quantization()
    if kind != schema.TensorType.INT8 or quantization is None or quantization.ScaleLength() == 0:
        return None
    scales, zeros = quantization.ScaleAsNumpy(), quantization.ZeroPointAsNumpy()
    across = [1] * len(shape)
    if len(scales) > 1:
        across[quantization.QuantizedDimension()] = len(scales)
    whole = data.view(np.int8).reshape(shape).astype(np.float32) - zeros.astype(np.float32).reshape(across)
    return whole * scales.astype(np.float32).reshape(across)


_INTEGER_OPERATORS = frozenset({"CAST", "GATHER", "SHAPE", "STRIDED_SLICE", "RESHAPE"})
"""What may work on integers: look-ups, and the one question for a length that is free."""

_COMMON = frozenset(
    "ADD BATCH_MATMUL CAST DEQUANTIZE DIV FULLY_CONNECTED GATHER MUL RESHAPE SHAPE SOFTMAX SPLIT STRIDED_SLICE SUB SUM "
    "TANH TRANSPOSE".split()
)

ALLOWED_OPERATORS = {
    "bert": _COMMON | {"GELU", "MEAN", "RSQRT", "SQUARED_DIFFERENCE"},
    "mobilebert": _COMMON | {"CONCATENATION", "PAD"},
}
"""By family: what a model of ours is made of. Anything else is a converter's change that nobody has looked at."""


def check_operators(tflite: bytes, family: str, free_length: bool) -> list[str]:
    """Why this file is not what a model of this family converts to; empty where it is."""
    summary = summarize(tflite)
    reasons: list[str] = []
    strange = sorted(summary.operators.keys() - ALLOWED_OPERATORS[family])
    if strange:
        reasons.append(f"it has operations that no {family} needs ({', '.join(strange)})")
    shapes = summary.operators.get("SHAPE", 0)
    if shapes > int(free_length):
        reasons.append(f"it asks for a shape {shapes} times, where {int(free_length)} would do")
    if summary.wide_integers:
        reasons.append(f"it has 64-bit integers ({', '.join(summary.wide_integers[:3])})")
    if summary.integer_operators - _INTEGER_OPERATORS:
        found = ", ".join(sorted(summary.integer_operators - _INTEGER_OPERATORS))
        reasons.append(f"it computes with shapes ({found} on integers)")
    return reasons


def check_stands_alone(tflite: bytes) -> list[str]:
    """Why this file cannot be shipped to a device as it is; empty when it can.

    A file that reads variables has no weights in it until a program fills them, an operation of TensorFlow or a custom
    one needs a runtime that devices do not have, and a free batch costs arithmetic on shapes at every run.
    """
    try:
        summary = summarize(tflite)
    except ValueError as error:
        return [str(error)]
    reasons: list[str] = []
    variables = sorted(_VARIABLE_OPERATORS & summary.operators.keys())
    if variables:
        reasons.append(f"its weights are variables outside of the file ({', '.join(variables)})")
    flex = [name for name in summary.custom_operators if name.startswith("Flex")]
    if flex:
        reasons.append(f"it needs TensorFlow's own operations ({', '.join(flex)})")
    other = [name for name in summary.custom_operators if not name.startswith("Flex")]
    if other:
        reasons.append(f"it needs custom operations ({', '.join(other)})")
    free = [name for name, shape in summary.input_shapes.items() if shape[:1] != (1,)]
    if free:
        reasons.append(f"its batch is not fixed to 1 (inputs {', '.join(free)})")
    return reasons
