"""What any TFLite file is, read from the file alone: for `pipeline inspect`, also of files that other tools wrote.

`python -m edgeline_worker.inspection FILE` prints it as JSON, or `{"error": "..."}` with exit code 1.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from edgeline_worker.flatbuffer import check_stands_alone, constants, summarize
from edgeline_worker.metadata import read_metadata
from edgeline_worker.proof import bytes_by_part

LARGEST = 10


def inspect_file(path: Path) -> dict[str, Any]:
    """See docs/reference/artifacts.md, "pipeline inspect". Raises ValueError when it is no whole TFLite file."""
    tflite = path.read_bytes()
    summary = summarize(tflite)
    model = schema.Model.GetRootAs(tflite, 0)
    kinds: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    weights: dict[int, dict[str, Any]] = {}
    for constant in constants(tflite):
        if constant.buffer in weights:
            continue
        kinds[constant.kind] += 1
        sizes[constant.kind] += constant.bytes
        shape = list(constant.shape)
        weights[constant.buffer] = {
            "name": constant.name, "type": constant.kind, "shape": shape, "bytes": constant.bytes
        }
    largest = sorted(weights.values(), key=lambda weight: (-weight["bytes"], weight["name"]))[:LARGEST]
    return {
        "schema": 1,
        "bytes": len(tflite),
        "sha256": hashlib.sha256(tflite).hexdigest(),
        "description": (model.Description() or b"").decode(),
        "subgraphs": summary.subgraphs,
        "inputs": _tensors(summary.input_shapes),
        "outputs": _tensors(summary.output_shapes),
        "signatures": _signatures(model),
        "op_count": summary.operator_count,
        "ops": summary.operators,
        "custom_ops": list(summary.custom_operators),
        "constants": {kind: {"count": kinds[kind], "bytes": sizes[kind]} for kind in sorted(kinds)},
        "largest_constants": largest,
        "bytes_by_part": bytes_by_part(tflite),
        "stands_alone": {"problems": check_stands_alone(tflite)},
        "metadata": read_metadata(tflite),
    }


def _tensors(shapes: dict[str, tuple[int, ...]]) -> list[dict[str, Any]]:
    return [{"name": name, "shape": list(shape)} for name, shape in shapes.items()]


def _signatures(model: schema.Model) -> list[dict[str, Any]]:
    found = []
    for index in range(model.SignatureDefsLength()):
        signature = model.SignatureDefs(index)
        inputs = [signature.Inputs(place).Name().decode() for place in range(signature.InputsLength())]
        outputs = [signature.Outputs(place).Name().decode() for place in range(signature.OutputsLength())]
        key = (signature.SignatureKey() or b"").decode()
        found.append({"key": key, "inputs": sorted(inputs), "outputs": sorted(outputs)})
    return found


def main() -> int:
    try:
        document = inspect_file(Path(sys.argv[1]))
    except (OSError, ValueError) as error:
        print(json.dumps({"error": str(error)}))
        return 1
    print(json.dumps(document, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
