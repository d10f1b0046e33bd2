"""What is read from TFLite files, ours and others'."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from edgeline_worker.conversion import convert
from edgeline_worker.flatbuffer import check_operators
from edgeline_worker.freezing import freeze
from edgeline_worker.inspection import inspect_file
from edgeline_worker.metadata import Metadata, add_metadata
from edgeline_worker.presets import spec_of_declaration
from edgeline_worker.rewrites import REWRITES, rewrite
from edgeline_worker.weights import draw_random_weights
from worker_rig import TINY_BERT


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = spec_of_declaration(TINY_BERT).with_head(3)
    tflite = convert(freeze(spec, rewrite(spec, draw_random_weights(spec, 1), REWRITES), None), "int8")
    file = tmp_path_factory.mktemp("own") / "model.tflite"
    file.write_bytes(add_metadata(tflite, Metadata("mine", "a test", ["A", "B", "C"], {"precision": "int8"})))
    return file


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As a tutorial makes one: a signature, a free batch, 64-bit integers, arithmetic on shapes."""

    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="features")])
        def serve(self, features: tf.Tensor) -> dict[str, tf.Tensor]:
            rows = tf.shape(features, out_type=tf.int64)[0]
            return {"flat": tf.reshape(tf.nn.softmax(features * 2.0), [rows * 4])}

    folder = tmp_path_factory.mktemp("foreign")
    module = Module()
    tf.saved_model.save(module, str(folder / "saved"), signatures={"serve": module.serve})
    file = folder / "foreign.tflite"
    file.write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(folder / "saved"), ["serve"]).convert())
    return file


def test_our_own(own: Path) -> None:
    found = inspect_file(own)
    assert sorted(tensor["name"] for tensor in found["inputs"]) == ["attention_mask", "input_ids", "token_type_ids"]
    assert {tuple(tensor["shape"]) for tensor in found["inputs"]} == {(1, -1)}
    assert found["outputs"] == [{"name": "logits", "shape": [1, 3]}]
    assert found["bytes"] == own.stat().st_size == sum(found["bytes_by_part"].values())
    assert found["bytes_by_part"]["embedding"] > found["bytes_by_part"]["attention"] > 0
    assert found["stands_alone"] == {"problems": []}
    assert found["metadata"]["source"] == {"precision": "int8"}
    assert found["metadata"]["files"] == {"labels.txt": "A\nB\nC\n"}
    assert check_operators(own.read_bytes(), "bert", True) == []
    assert check_operators(own.read_bytes(), "bert", False) == ["it asks for a shape 1 times, where 0 would do"]


def test_another_tools(foreign: Path) -> None:
    found = inspect_file(foreign)
    assert found["signatures"] == [{"key": "serve", "inputs": ["features"], "outputs": ["flat"]}]
    assert [tensor["shape"] for tensor in found["inputs"]] == [[-1, 4]]
    assert found["metadata"] is None
    assert "batch is not fixed" in found["stands_alone"]["problems"][0]
    reasons = "; ".join(check_operators(foreign.read_bytes(), "bert", True))
    assert "it has 64-bit integers" in reasons


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.97])
def test_a_file_that_is_cut_off(own: Path, tmp_path: Path, share: float) -> None:
    content = own.read_bytes()
    (tmp_path / "cut.tflite").write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="not a whole TFLite file"):
        inspect_file(tmp_path / "cut.tflite")


def test_as_a_program(own: Path, tmp_path: Path) -> None:
    def run(file: Path) -> tuple[int, dict]:
        command = [sys.executable, "-m", "edgeline_worker.inspection", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, json.loads(done.stdout)

    code, found = run(own)
    assert code == 0 and found["op_count"] == sum(found["ops"].values())
    (tmp_path / "text.tflite").write_text("not a model")
    assert run(tmp_path / "text.tflite") == (1, {"error": "not a TFLite file: its identifier TFL3 is missing"})


def test_weights_are_widened_as_the_runtime_does(own: Path) -> None:
    from ai_edge_litert.interpreter import Interpreter
    from edgeline_worker.flatbuffer import constants

    interpreter = Interpreter(model_path=str(own))
    details = {detail["name"]: detail for detail in interpreter.get_tensor_details()}
    compared = 0
    for constant in constants(own.read_bytes()):
        if constant.kind != "INT8" or constant.values is None:
            continue
        detail = details[constant.name]
        scales = np.asarray(detail["quantization_parameters"]["scales"], np.float32)
        whole = interpreter.tensor(detail["index"])()
        shape = [-1] + [1] * (whole.ndim - 1) if len(scales) > 1 else [1] * whole.ndim
        np.testing.assert_allclose(constant.values, whole * scales.reshape(shape), rtol=1e-6)
        compared += 1
    assert compared >= 8
