"""The metadata in our files, read by the code that TensorFlow generated from its schema: tflite-support's, without its dependencies."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from ai_edge_litert import schema_py_generated as schema
from edgeline_worker.conversion import convert
from edgeline_worker.freezing import freeze
from edgeline_worker.metadata import Metadata, add_metadata
from edgeline_worker.presets import spec_of_declaration
from edgeline_worker.rewrites import rewrite
from edgeline_worker.weights import draw_random_weights
from worker_rig import TINY_BERT

WHEEL = "tflite-support==0.4.4"
GENERATED = "tensorflow_lite_support/metadata/metadata_schema_py_generated.py"


@pytest.fixture(scope="module")
def metadata_schema(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    folder = tmp_path_factory.mktemp("tflite-support")
    # One wheel for one Python; its generated code runs on any.
    wanted = ["--no-deps", "--python-version", "3.11", "--only-binary=:all:", "--platform", "manylinux2014_x86_64"]
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", *wanted, "--dest", str(folder), WHEEL], check=True
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extract(GENERATED, folder)
    found = importlib.util.spec_from_file_location("metadata_schema", folder / GENERATED)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_tensorflows_own_reader_understands_it(metadata_schema: ModuleType, tmp_path: Path) -> None:
    spec = spec_of_declaration(TINY_BERT).with_head(3)
    tflite = convert(freeze(spec, rewrite(spec, draw_random_weights(spec, 1)), None), "int8")
    said = add_metadata(tflite, Metadata("name", "text", ["A", "B", "C"], {"precision": "int8"}))
    model = schema.Model.GetRootAs(said, 0)
    entries = {model.Metadata(index).Name(): model.Metadata(index) for index in range(model.MetadataLength())}
    content = bytes(model.Buffers(entries[b"TFLITE_METADATA"].Buffer()).DataAsNumpy())
    assert metadata_schema.ModelMetadata.ModelMetadataBufferHasIdentifier(content, 0)
    read = metadata_schema.ModelMetadataT.InitFromObj(metadata_schema.ModelMetadata.GetRootAs(content, 0))
    assert (read.name, read.description) == (b"name", b"text")
    (graph,) = read.subgraphMetadata
    names = {tensor.name for tensor in graph.inputTensorMetadata}
    assert names == {b"input_ids", b"attention_mask", b"token_type_ids"}
    (logits,) = graph.outputTensorMetadata
    assert logits.name == b"logits"
    assert logits.content.contentPropertiesType == metadata_schema.ContentProperties.FeatureProperties
    (labels,) = logits.associatedFiles
    assert (labels.name, labels.type) == (b"labels.txt", metadata_schema.AssociatedFileType.TENSOR_AXIS_LABELS)
    file = tmp_path / "model.tflite"
    file.write_bytes(said)
    with zipfile.ZipFile(file) as archive:
        assert archive.read("labels.txt") == b"A\nB\nC\n"
