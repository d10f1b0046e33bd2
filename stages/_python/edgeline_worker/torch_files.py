"""PyTorch's `.bin` checkpoints, read without PyTorch and without executing what is in them.

A checkpoint is a pickle, and a pickle is a program. This unpickler knows the few names that a dictionary of tensors is
made of and refuses every other one. Formats: `torch.save` and `torch/serialization.py` of PyTorch 2.13, both the zip
archive of version 1.6 and later and the bare pickles before it, which the first published checkpoints have.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import ml_dtypes
import numpy as np

from edgeline_worker.protocol import StageError

DTYPES: dict[str, np.dtype] = {
    "FloatStorage": np.dtype(np.float32),
    "HalfStorage": np.dtype(np.float16),
    "BFloat16Storage": np.dtype(ml_dtypes.bfloat16),
    "DoubleStorage": np.dtype(np.float64),
    "LongStorage": np.dtype(np.int64),
    "IntStorage": np.dtype(np.int32),
    "ShortStorage": np.dtype(np.int16),
    "CharStorage": np.dtype(np.int8),
    "ByteStorage": np.dtype(np.uint8),
    "BoolStorage": np.dtype(np.bool_),
}

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001
_LARGEST_PICKLE = 64 * 2**20
"""Bytes; the pickle of BERT-Large's zip archive has 40 thousand: it holds names and shapes, no numbers."""

_BROKEN = (
    zipfile.BadZipFile,
    pickle.UnpicklingError,
    EOFError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    OverflowError,
    MemoryError,
    RecursionError,
    NotImplementedError,
)
"""What a damaged file makes of the readers of zip archives and pickles."""


class _Dictionary(dict[Any, Any]):
    """Stands for an ordered dictionary: versions of modules, which PyTorch hangs onto it, are left out."""

    __slots__ = ()

    def __setstate__(self, state: object) -> None:
        pass


@dataclass(frozen=True)
class _Storage:
    """A flat run of numbers in the file; several tensors may be views of one."""

    dtype: np.dtype
    key: str
    elements: int

    @property
    def size(self) -> int:
        """Bytes."""
        return self.elements * self.dtype.itemsize


@dataclass(frozen=True)
class _View:
    """A tensor as the pickle describes it; offset and strides count elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class TorchFile:
    """The tensors of a `.bin` file, read from it one at a time.

    Raises StageError `bad-weights` when it is made of a file that is not whole, that is no dictionary of tensors, or
    that names anything but tensors.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.stat().st_size == 0:
            raise self._bad("is empty")
        self._archive: zipfile.ZipFile | None = None
        # Of bare pickles only: where the bytes of each storage begin.
        self._places: dict[str, int] = {}
        with path.open("rb") as file:
            zipped = file.read(2) == b"PK"
        try:
            document = self._open_archive() if zipped else self._open_legacy()
        except _BROKEN as error:
            raise self._bad(f"is not a whole PyTorch checkpoint: {error}") from error
        if not isinstance(document, dict) or not document or not all(isinstance(name, str) for name in document):
            raise self._bad("does not hold a dictionary of tensors")
        odd = [name for name, view in document.items() if not isinstance(view, _View)]
        if odd:
            raise self._bad(f"does not hold a dictionary of tensors: {odd[0]} is none")
        self._views: dict[str, _View] = document

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: view.shape for name, view in self._views.items()}

    def read(self, name: str) -> np.ndarray:
        """A copy in the type that the file has.

        Raises StageError `bad-weights` when the bytes are not there, or not as the checksums say.
        """
        view = self._views[name]
        storage = view.storage
        if 0 in view.shape:
            return np.empty(view.shape, storage.dtype)
        last = view.offset + sum((extent - 1) * stride for extent, stride in zip(view.shape, view.strides, strict=True))
        if min(view.offset, *view.strides, 0) < 0 or min(view.shape, default=1) < 0 or last >= storage.elements:
            raise self._bad(f"is damaged: {name} reaches beyond its {storage.elements} numbers")
        data = self._bytes_of(storage)
        if len(data) != storage.size:
            raise self._bad(f"is cut short: the numbers of {name} are not all there")
        flat = np.frombuffer(data, storage.dtype)[view.offset :]
        strides = tuple(stride * storage.dtype.itemsize for stride in view.strides)
        return np.lib.stride_tricks.as_strided(flat, view.shape, strides).copy()

    def close(self) -> None:
        if self._archive is not None:
            self._archive.close()

    def _bytes_of(self, storage: _Storage) -> bytes:
        if self._archive is not None:
            try:
                entry = self._archive.getinfo(f"{self._prefix}data/{storage.key}")
                return self._archive.read(entry) if entry.file_size == storage.size else b""
            except _BROKEN as error:
                raise self._bad(f"is damaged: {error}") from error
        with self._path.open("rb") as file:
            file.seek(self._places[storage.key])
            return file.read(storage.size)

    def _open_archive(self) -> Any:
        self._archive = zipfile.ZipFile(self._path)
        (pickled,) = [name for name in self._archive.namelist() if name.endswith("/data.pkl") or name == "data.pkl"]
        self._prefix = pickled.removesuffix("data.pkl")
        order = f"{self._prefix}byteorder"
        if order in self._archive.namelist() and self._archive.read(order) != b"little":
            raise self._bad("was written on a big-endian machine, which is not supported")
        if self._archive.getinfo(pickled).file_size > _LARGEST_PICKLE:
            raise self._bad("is not a PyTorch checkpoint: its pickle is too large to be names and shapes")
        return self._load(io.BytesIO(self._archive.read(pickled)))

    def _open_legacy(self) -> Any:
        """Magic number, version, facts of the machine, the dictionary, keys of the storages, then their bytes."""
        with self._path.open("rb") as file:
            if self._load(file) != _LEGACY_MAGIC or self._load(file) != _LEGACY_PROTOCOL:
                raise self._bad("is not a PyTorch checkpoint")
            if self._load(file)["little_endian"] is not True:
                raise self._bad("was written on a big-endian machine, which is not supported")
            storages: dict[str, _Storage] = {}
            document = self._load(file, storages)
            size = self._path.stat().st_size
            for key in self._load(file):
                elements = int.from_bytes(file.read(8), "little", signed=True)
                self._places[key] = file.tell()
                if elements != storages[key].elements:
                    raise self._bad(f"is damaged: storage {key} has {elements} numbers, not {storages[key].elements}")
                end = file.tell() + storages[key].size
                if end > size:
                    raise self._bad(f"is cut short: {size} bytes, of at least {end}")
                file.seek(end)
            return document

    def _load(self, file: BinaryIO, storages: dict[str, _Storage] | None = None) -> Any:
        return _TensorUnpickler(file, self._bad, {} if storages is None else storages).load()

    def _bad(self, what: str) -> StageError:
        return StageError(
            "bad-weights",
            f"{self._path.name} {what}",
            "get the file again, or use the model.safetensors of the same model if it has one",
            file=self._path.name,
        )


class _TensorUnpickler(pickle.Unpickler):
    """Knows tensors, their storages and ordered dictionaries. `storages` collects what the pickle refers to."""

    def __init__(self, file: BinaryIO, bad: Callable[[str], StageError], storages: dict[str, _Storage]) -> None:
        # The first checkpoints were written by Python 2.
        super().__init__(file, encoding="latin1")
        self._bad = bad
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return _Dictionary
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return self._rebuild_tensor
        # As its name, since a pickle could change an object that it is handed.
        if module == "torch" and name in DTYPES:
            return name
        raise self._bad(
            f"wants to use {module}.{name} when it is read, which no dictionary of tensors needs; nothing of it was run"
        )

    def persistent_load(self, pid: Any) -> _Storage:
        kind, name, key, _device, elements, *view = pid
        if kind != "storage" or view not in ([], [None]):
            raise self._bad("is not a PyTorch checkpoint that is known here: it refers to parts of storages")
        storage = _Storage(DTYPES[name], str(key), int(elements))
        self._storages[storage.key] = storage
        return storage

    def _rebuild_tensor(self, storage: _Storage, offset: int, shape: tuple, strides: tuple, *_: Any) -> _View:
        if not isinstance(storage, _Storage) or len(shape) != len(strides):
            raise pickle.UnpicklingError("a tensor without a storage")
        return _View(storage, int(offset), tuple(int(extent) for extent in shape), tuple(int(step) for step in strides))
