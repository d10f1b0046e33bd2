"""Model folders as the Hugging Face Hub has them: which files hold the weights, and the tensors in them.

`model.safetensors` is preferred to `pytorch_model.bin`; both may be cut into shards that an index file names.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from safetensors import SafetensorError, safe_open

from edgeline_worker.files import read_json
from edgeline_worker.protocol import StageError
from edgeline_worker.torch_files import TorchFile

WEIGHT_FILES = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
"""In the order in which they are looked for."""

LAYOUT = (
    "config.json; model.safetensors or pytorch_model.bin, or shards of one with their index; "
    "vocab.txt or tokenizer.json"
)


class TensorFile(Protocol):
    """Tensors of one file by the names that they have in it."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]: ...

    def read(self, name: str) -> np.ndarray: ...


class SafetensorsFile:
    """Raises StageError `bad-weights` when the file is none, or is cut."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = safe_open(path, framework="numpy")
            self._slices = {name: self._file.get_slice(name) for name in self._file.keys()}
        except SafetensorError as error:
            raise self._bad(error) from error

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: tuple(piece.get_shape()) for name, piece in self._slices.items()}

    def read(self, name: str) -> np.ndarray:
        try:
            return self._file.get_tensor(name)
        except (SafetensorError, TypeError, AttributeError, KeyError) as error:
            # Of types that NumPy has no word for.
            raise StageError(
                "bad-weights",
                f"{name} in {self._path.name} is of type {self._slices[name].get_dtype()}, which cannot be widened",
                "take a checkpoint in float32, float16 or bfloat16",
                file=self._path.name,
            ) from error

    def _bad(self, error: SafetensorError) -> StageError:
        return StageError(
            "bad-weights",
            f"{self._path.name} is not a whole safetensors file: {error}",
            "get the file again: its download was cut, or it is another format",
            file=self._path.name,
        )


def open_tensors(path: Path) -> TensorFile:
    """By the name's ending: `.bin` is PyTorch's, anything else safetensors."""
    return TorchFile(path) if path.suffix == ".bin" else SafetensorsFile(path)


def choose_weights(present: Collection[str], read_index: Callable[[str], Any]) -> tuple[str, ...] | None:
    """Names of the files that hold the weights, an index first; None when there are none.

    `read_index` gets the parsed content of a file that is present. Raises StageError `bad-weights` for an index that
    names no files of its folder.
    """
    name = next((name for name in WEIGHT_FILES if name in present), None)
    if name is None or not name.endswith(".index.json"):
        return None if name is None else (name,)
    index = read_index(name)
    places = index.get("weight_map") if isinstance(index, dict) else None
    shards = sorted(set(places.values())) if isinstance(places, dict) and places else []
    if not shards or not all(isinstance(shard, str) and Path(shard).name == shard for shard in shards):
        raise StageError("bad-weights", f"{name} does not say in which files the tensors are", file=name)
    return (name, *shards)


def find_weights(folder: Path) -> tuple[str, ...]:
    """Raises StageError `weights-missing` when there are none, or when a shard is not there."""
    present = {path.name for path in folder.iterdir() if path.is_file()}
    names = choose_weights(present, lambda name: read_json(folder / name))
    missing = [WEIGHT_FILES[0]] if names is None else [name for name in names if name not in present]
    if names is None or missing:
        raise missing_files(folder.name, missing)
    return names


def missing_files(folder: str, names: list[str]) -> StageError:
    return StageError(
        "weights-missing",
        f"the weights folder {folder} has no {' and no '.join(names)}",
        f"a folder in Hugging Face's layout has {LAYOUT}",
    )


@contextlib.contextmanager
def read_as_bad_vocabulary(file: str) -> Iterator[None]:
    """What is wrong with the text of a vocabulary, in the user's words."""
    try:
        yield
    except (UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise StageError("bad-vocabulary", f"{file} is not a WordPiece vocabulary: {error}", file=file) from error


def read_vocabulary(folder: Path) -> list[str]:
    """The tokens by id, from `vocab.txt` or else `tokenizer.json`.

    Raises StageError `weights-missing`, and `bad-vocabulary` for one that is no uncased WordPiece vocabulary: texts are
    lower-cased here, and a model that knows capitals would be given other tokens than it was trained on.
    """
    settings = folder / "tokenizer_config.json"
    if settings.is_file() and read_json(settings).get("do_lower_case") is False:
        raise _cased(settings.name)
    whole = folder / "tokenizer.json"
    if (folder / "vocab.txt").is_file():
        with read_as_bad_vocabulary("vocab.txt"):
            text = (folder / "vocab.txt").read_text(encoding="utf-8")
            tokens = text.removesuffix("\n").split("\n")
    elif whole.is_file():
        with read_as_bad_vocabulary(whole.name):
            tokens = _tokens_of(read_json(whole))
    else:
        raise missing_files(folder.name, ["vocab.txt"])
    missing = [token for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]") if token not in tokens]
    if missing:
        file = "vocab.txt" if (folder / "vocab.txt").is_file() else whole.name
        raise StageError(
            "bad-vocabulary",
            f"{file} has no {' and no '.join(missing)}",
            "take the vocabulary that came with these weights",
            file=file,
        )
    return tokens


def _tokens_of(tokenizer: Any) -> list[str]:
    model, normalizer = tokenizer["model"], tokenizer.get("normalizer") or {}
    if model.get("type") != "WordPiece":
        raise TypeError(f"its model is {model.get('type')!r}")
    if normalizer.get("lowercase") is False:
        raise _cased("tokenizer.json")
    by_id = {number: token for token, number in model["vocab"].items()}
    if sorted(by_id) != list(range(len(by_id))):
        raise KeyError("its ids are not 0, 1, 2 and so on")
    return [by_id[number] for number in range(len(by_id))]


def _cased(file: str) -> StageError:
    return StageError(
        "bad-vocabulary",
        f"{file} says that the model tells capitals from small letters, but texts are lower-cased here",
        "take the uncased model of the same size",
        file=file,
    )
