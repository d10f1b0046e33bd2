"""Makes the ONNX files that `bench convert` compares with: transformers' model with the same weights, float32 and int8.

The only argument is the path of a JSON file: `encoder`, a folder that the stage encoder wrote, and `folder`, into which
`onnxruntime-<precision>.onnx` are written. int8 is ONNX Runtime's dynamic quantisation, by output channel. Runs where torch,
transformers, onnx, onnxscript and onnxruntime are.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from peer_trainer import build

LABELS = 3
TRACED_LENGTH = 24


def main(job: dict[str, str]) -> None:
    folder = Path(job["folder"])
    model = build(Path(job["encoder"]), LABELS).eval()
    ones = torch.ones((1, TRACED_LENGTH), dtype=torch.long)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    target = folder / "onnxruntime-fp32.onnx"
    with torch.no_grad():
        torch.onnx.export(
            model,
            (ones, ones, torch.zeros_like(ones)),
            str(target),
            input_names=names,
            output_names=["logits"],
            dynamic_axes={name: {1: "length"} for name in names},
            dynamo=False,
        )
    quantize_dynamic(
        str(target), str(folder / "onnxruntime-int8.onnx"), weight_type=QuantType.QInt8, per_channel=True
    )


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
