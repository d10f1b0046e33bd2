"""What a TFLite file says of itself: labels, lengths and where it came from, inside the file.

Format: https://github.com/tensorflow/tflite-support/blob/master/tensorflow_lite_support/metadata/metadata_schema.fbs,
which LiteRT's task tools read; labels are a file in an archive after the model, as they expect. What that schema has no
place for is custom metadata called `edgeline`, a JSON object.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

METADATA_NAME = b"TFLITE_METADATA"
IDENTIFIER = b"M001"
LABELS_FILE = "labels.txt"
CUSTOM_NAME = "edgeline"

_TENSOR_AXIS_LABELS = 2
_FEATURE_PROPERTIES = 1
_BUFFER_ALIGNMENT = 16
"""`force_align` of `Buffer.data`, which the generated Python does not heed."""


@dataclass(frozen=True)
class Metadata:
    """Texts for people, labels in the order of the logits, and what `pipeline inspect` shows as `source`."""

    name: str
    description: str
    labels: Sequence[str]
    source: dict[str, Any]


def add_metadata(tflite: bytes, metadata: Metadata) -> bytes:
    """The same model with metadata. Equal arguments give equal bytes."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(tflite, 0))
    model.buffers = [_Buffer(buffer.data) for buffer in model.buffers]
    graph = model.subgraphs[0]
    names = [[graph.tensors[index].name.decode() for index in group] for group in (graph.inputs, graph.outputs)]
    model.buffers.append(_Buffer(np.frombuffer(_encode(metadata, *names), np.uint8)))
    entry = schema.MetadataT()
    entry.name, entry.buffer = METADATA_NAME.decode(), len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(len(tflite) + (1 << 20))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output()) + _archive({LABELS_FILE: "\n".join(metadata.labels) + "\n"})


class _Buffer(schema.BufferT):
    def __init__(self, data: np.ndarray | None) -> None:
        super().__init__()
        self.data = data

    def Pack(self, builder: flatbuffers.Builder) -> int:  # noqa: N802
        if self.data is None or len(self.data) == 0:
            return super().Pack(builder)
        content = bytes(self.data)
        builder.StartVector(1, len(content), _BUFFER_ALIGNMENT)
        builder.head -= len(content)
        builder.Bytes[builder.head : builder.head + len(content)] = content
        vector = builder.EndVector()
        schema.BufferStart(builder)
        schema.BufferAddData(builder, vector)
        return schema.BufferEnd(builder)


def _archive(files: dict[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, text in files.items():
            # The default is the time of the day, and equal models shall be equal files.
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text)
    return target.getvalue()


def _encode(metadata: Metadata, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
    builder = flatbuffers.Builder(1024)
    table = _Tables(builder)
    labels = table.make({0: LABELS_FILE, 1: "labels in the order of the logits"}, {2: _TENSOR_AXIS_LABELS})
    content = table.make({1: table.make({})}, {0: _FEATURE_PROPERTIES})
    described = [table.make({0: name, 3: content}) for name in inputs]
    answers = [table.make({0: name, 3: content, 6: table.vector([labels])}) for name in outputs]
    source = json.dumps(metadata.source, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    custom = table.make({0: CUSTOM_NAME, 1: table.octets(source.encode())})
    graph = table.make({2: table.vector(described), 3: table.vector(answers), 9: table.vector([custom])})
    root = table.make({0: metadata.name, 1: metadata.description, 3: table.vector([graph]), 7: "1.5.0"})
    builder.Finish(root, IDENTIFIER)
    return bytes(builder.Output())


class _Tables:
    """Tables of a schema by the numbers of their fields; strings are made on the way."""

    def __init__(self, builder: flatbuffers.Builder) -> None:
        self._builder = builder

    def make(self, offsets: dict[int, str | int], octets: dict[int, int] | None = None) -> int:
        """`offsets` are strings, or tables and vectors that are made already; `octets` are small numbers."""
        made = {
            slot: self._builder.CreateString(value) if isinstance(value, str) else value
            for slot, value in offsets.items()
        }
        fields = {**made, **(octets or {})}
        self._builder.StartObject(max(fields, default=-1) + 1)
        for slot, value in made.items():
            self._builder.PrependUOffsetTRelativeSlot(slot, value, 0)
        for slot, value in (octets or {}).items():
            self._builder.PrependInt8Slot(slot, value, 0)
        return self._builder.EndObject()

    def vector(self, tables: Sequence[int]) -> int:
        self._builder.StartVector(4, len(tables), 4)
        for table in reversed(tables):
            self._builder.PrependUOffsetTRelative(table)
        return self._builder.EndVector()

    def octets(self, content: bytes) -> int:
        return self._builder.CreateByteVector(content)


def read_metadata(tflite: bytes) -> dict[str, Any] | None:
    """`name`, `description`, `files` (the associated ones' texts by name) and `source`, as far as they are there.

    None where the file has no metadata. Also of files that other tools wrote.
    """
    model = schema.Model.GetRootAs(tflite, 0)
    entries = (model.Metadata(index) for index in range(model.MetadataLength()))
    buffer = next((entry.Buffer() for entry in entries if entry.Name() == METADATA_NAME), None)
    if buffer is None:
        return None
    content = bytes(model.Buffers(buffer).DataAsNumpy())
    root = flatbuffers.table.Table(content, flatbuffers.encode.Get(flatbuffers.packer.uoffset, content, 0))
    found: dict[str, Any] = {}
    for slot, name in ((0, "name"), (1, "description"), (2, "version"), (4, "author"), (5, "license")):
        text = _string(root, slot)
        if text is not None:
            found[name] = text
    for graph in _tables(root, 3):
        for custom in _tables(graph, 9):
            if _string(custom, 0) == CUSTOM_NAME:
                found["source"] = json.loads(_octets(custom, 1))
    found["files"] = _files(tflite)
    return found


def _field(table: flatbuffers.table.Table, slot: int) -> int:
    return table.Offset(4 + 2 * slot)


def _string(table: flatbuffers.table.Table, slot: int) -> str | None:
    place = _field(table, slot)
    return table.String(table.Pos + place).decode() if place else None


def _tables(table: flatbuffers.table.Table, slot: int) -> list[flatbuffers.table.Table]:
    place = _field(table, slot)
    if not place:
        return []
    start = table.Vector(place)
    places = (table.Indirect(start + 4 * index) for index in range(table.VectorLen(place)))
    return [flatbuffers.table.Table(table.Bytes, found) for found in places]


def _octets(table: flatbuffers.table.Table, slot: int) -> bytes:
    place = _field(table, slot)
    start = table.Vector(place)
    return bytes(table.Bytes[start : start + table.VectorLen(place)])


def _files(tflite: bytes) -> dict[str, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(tflite)) as archive:
            return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}
    except zipfile.BadZipFile:
        return {}
