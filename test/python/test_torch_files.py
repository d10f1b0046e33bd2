"""PyTorch's checkpoints: what is read, what is refused, and that nothing in them is ever run."""

from __future__ import annotations

import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from edgeline_worker.protocol import StageError
from edgeline_worker.torch_files import TorchFile
from test_import import CHECKPOINTS

ZIP = CHECKPOINTS / "bert-pretraining-bin" / "pytorch_model.bin"
LEGACY = CHECKPOINTS / "bert-pretraining-legacy-bin" / "pytorch_model.bin"


def read_all(path: Path) -> dict[str, np.ndarray]:
    file = TorchFile(path)
    return {name: file.read(name) for name in file.shapes}


def refusal(path: Path) -> str:
    with pytest.raises(StageError) as caught:
        read_all(path)
    assert caught.value.code == "bad-weights"
    assert caught.value.hint is not None
    return caught.value.message


@pytest.mark.parametrize("path", [ZIP, LEGACY], ids=["zip", "legacy"])
def test_tied_tensors_are_read_from_one_storage(path: Path) -> None:
    tensors = read_all(path)
    embedding = tensors["bert.embeddings.word_embeddings.weight"]
    assert embedding.shape == (48, 16)
    assert np.array_equal(embedding, tensors["cls.predictions.decoder.weight"])
    assert {array.dtype for array in tensors.values()} == {np.dtype(np.float32)}


class Harmful:
    """What it does when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self._marker),)


@pytest.mark.parametrize("form", ["zip", "legacy", "bare"])
def test_a_pickle_with_a_program_is_refused_by_name_and_not_run(tmp_path: Path, form: str) -> None:
    marker = tmp_path / "was-run"
    document = OrderedDict(weight=Harmful(marker))
    path = tmp_path / "pytorch_model.bin"
    if form == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps(document, protocol=2))
    elif form == "legacy":
        parts = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, document]
        path.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in parts))
    else:
        path.write_bytes(pickle.dumps(document))
    assert f"wants to use {os.mkdir.__module__}.mkdir when it is read" in refusal(path)
    assert not marker.exists()


@pytest.mark.parametrize(
    "reference",
    ["builtins eval", "torch._utils _rebuild_parameter", "collections OrderedDict.fromkeys", "torch load", "os system"],
)
def test_only_tensors_and_dictionaries_are_known(tmp_path: Path, reference: str) -> None:
    module, name = reference.split()
    path = tmp_path / "pytorch_model.bin"
    with zipfile.ZipFile(path, "w") as archive:
        # Looks the name up, and does no more.
        archive.writestr("archive/data.pkl", b"\x80\x04" + _text(module) + _text(name) + b"\x93.")
    assert f"wants to use {module}.{name}" in refusal(path)


def _text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def rewrite(target: Path, change: dict[str, bytes | None]) -> Path:
    """The zip fixture with some entries replaced or left out; names are those below its folder."""
    with zipfile.ZipFile(ZIP) as source, zipfile.ZipFile(target, "w") as archive:
        for entry in source.namelist():
            below = entry.split("/", 1)[1]
            content = change.get(below, source.read(entry))
            if content is not None:
                archive.writestr(entry, content)
    return target


def test_damage_is_said(tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model.bin"
    whole = ZIP.read_bytes()
    path.write_bytes(whole[:-100])
    assert refusal(path).startswith("pytorch_model.bin is not a whole PyTorch checkpoint: ")
    assert "cut short" in refusal(rewrite(path, {"data/0": b"1234"}))
    assert "is damaged" in refusal(rewrite(path, {"data/0": None}))
    assert "big-endian" in refusal(rewrite(path, {"byteorder": b"big"}))
    assert "does not hold a dictionary of tensors" in refusal(rewrite(path, {"data.pkl": pickle.dumps({})}))
    assert "a is none" in refusal(rewrite(path, {"data.pkl": pickle.dumps({"a": 1})}))
    assert "not a whole" in refusal(rewrite(path, {"data.pkl": pickle.dumps({"a": 1})[:-5]}))
    with zipfile.ZipFile(ZIP) as archive:
        content = next(archive.read(name) for name in archive.namelist() if name.endswith("/data/1"))
    place = whole.index(content)
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    assert "Bad CRC-32" in refusal(path)
    path.write_bytes(LEGACY.read_bytes()[:-100])
    assert "is cut short" in refusal(path)
    path.write_bytes(b"")
    assert refusal(path) == "pytorch_model.bin is empty"
    path.write_bytes(b"<html>not found</html>")
    assert refusal(path).startswith("pytorch_model.bin is not a whole PyTorch checkpoint")


def described(offset: int, shape: tuple, strides: tuple) -> bytes:
    """A dictionary with one tensor on a storage of four numbers, in pickle's text form."""

    def numbers(values: tuple) -> str:
        return "(" + "".join(f"I{value}\n" for value in values) + "t"

    storage = "(S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI4\ntQ"
    tensor = f"ctorch._utils\n_rebuild_tensor_v2\n({storage}I{offset}\n{numbers(shape)}{numbers(strides)}I00\n(dtR"
    return f"(S'a'\n{tensor}d.".encode()


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        (0, (5,), (1,)),
        (1, (2, 2), (2, 1)),
        (-1, (2,), (1,)),
        (0, (2,), (-1,)),
        (0, (2, 2), (1000, 1)),
        (0, (-2,), (1,)),
    ],
)
def test_a_tensor_does_not_reach_beyond_its_storage(
    tmp_path: Path, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    path = tmp_path / "pytorch_model.bin"
    for name, view in {"good": (1, (3, 1), (1, 7)), "bad": (offset, shape, strides)}.items():
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", described(*view))
            archive.writestr("archive/data/0", np.arange(4, dtype=np.float32).tobytes())
        if name == "good":
            assert np.array_equal(read_all(path)["a"], np.array([[1], [2], [3]], np.float32))
        else:
            assert "reaches beyond its 4 numbers" in refusal(path)
