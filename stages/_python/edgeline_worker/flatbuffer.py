"""What is in a TFLite file, read from the file itself. Needs LiteRT's schema only, not TensorFlow.

Schema: https://github.com/google-ai-edge/LiteRT/blob/main/tflite/converter/schema/schema.fbs
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ai_edge_litert import schema_py_generated as schema

_OPERATOR_NAMES = {
    value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int) and name.isupper()
}

_VARIABLE_OPERATORS = frozenset({"VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE"})


@dataclass(frozen=True)
class TfliteSummary:
    """Operations by name, and the inputs and outputs of the only subgraph as (name, shape, type) with -1 for free."""

    operators: dict[str, int]
    custom_operators: tuple[str, ...]
    subgraphs: int
    input_shapes: dict[str, tuple[int, ...]]
    output_shapes: dict[str, tuple[int, ...]]

    @property
    def operator_count(self) -> int:
        return sum(self.operators.values())


def summarize(tflite: bytes) -> TfliteSummary:
    """Raises ValueError when the bytes are not a TFLite model."""
    if len(tflite) < 8 or not schema.Model.ModelBufferHasIdentifier(tflite, 0):
        raise ValueError("not a TFLite file: its identifier TFL3 is missing")
    model = schema.Model.GetRootAs(tflite, 0)
    operators: Counter[str] = Counter()
    custom: set[str] = set()
    for index in range(model.SubgraphsLength()):
        graph = model.Subgraphs(index)
        for position in range(graph.OperatorsLength()):
            code = model.OperatorCodes(graph.Operators(position).OpcodeIndex())
            # Old files keep small codes in the deprecated field.
            name = _OPERATOR_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            if name == "CUSTOM":
                custom.add((code.CustomCode() or b"").decode())
            operators[name] += 1
    graph = model.Subgraphs(0)
    return TfliteSummary(
        operators=dict(sorted(operators.items())),
        custom_operators=tuple(sorted(custom)),
        subgraphs=model.SubgraphsLength(),
        input_shapes=_shapes(graph, [graph.Inputs(index) for index in range(graph.InputsLength())]),
        output_shapes=_shapes(graph, [graph.Outputs(index) for index in range(graph.OutputsLength())]),
    )


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
