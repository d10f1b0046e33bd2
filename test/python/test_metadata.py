"""What a file says of itself, and that saying it changes nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from edgeline_worker.conversion import convert
from edgeline_worker.flatbuffer import constants, summarize
from edgeline_worker.freezing import freeze
from edgeline_worker.metadata import Metadata, add_metadata, read_metadata
from edgeline_worker.presets import spec_of_declaration
from edgeline_worker.rewrites import rewrite
from edgeline_worker.weights import draw_random_weights
from worker_rig import TINY_MOBILEBERT

SAID = Metadata("tiny", "för tests", ["NEGATIVE", "NEUTRAL", "POSITIVE"], {"max_length": 64, "digest": "sha256:00"})


@pytest.fixture(scope="module")
def tflite() -> bytes:
    spec = spec_of_declaration(TINY_MOBILEBERT).with_head(3)
    return convert(freeze(spec, rewrite(spec, draw_random_weights(spec, 1)), 16), "int8")


def answer(model: bytes) -> np.ndarray:
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], np.arange(16, dtype=np.int32)[np.newaxis] % 2)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def test_it_is_read_back(tflite: bytes) -> None:
    assert read_metadata(tflite) is None
    found = read_metadata(add_metadata(tflite, SAID))
    assert found == {
        "name": "tiny",
        "description": "för tests",
        "files": {"labels.txt": "NEGATIVE\nNEUTRAL\nPOSITIVE\n"},
        "source": {"max_length": 64, "digest": "sha256:00"},
    }


def test_the_model_stays(tflite: bytes) -> None:
    said = add_metadata(tflite, SAID)
    assert summarize(said) == summarize(tflite)
    for before, after in zip(constants(tflite), constants(said), strict=True):
        assert (before.name, before.kind, before.shape) == (after.name, after.kind, after.shape)
        if before.values is not None:
            np.testing.assert_array_equal(before.values, after.values)
    np.testing.assert_array_equal(answer(said), answer(tflite))


def test_its_bytes_depend_on_the_arguments_alone(tflite: bytes) -> None:
    assert add_metadata(tflite, SAID) == add_metadata(tflite, SAID)


def test_weights_stay_where_vector_registers_want_them(tflite: bytes) -> None:
    said = add_metadata(tflite, SAID)
    model = schema.Model.GetRootAs(said, 0)
    for index in range(model.BuffersLength()):
        buffer = model.Buffers(index)
        if buffer.DataLength() > 0:
            field = buffer._tab.Offset(4)
            assert buffer._tab.Vector(field) % 16 == 0
