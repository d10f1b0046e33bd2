"""Model folders of the Hugging Face Hub, fetched once and kept in the cache by commit.

The library does the talking (addresses, headers, what an answer means). Files are downloaded here, since its downloads
begin again when the process was ended in the middle: https://github.com/huggingface/huggingface_hub/pull/4228.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx2
from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import get_hf_file_metadata
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from edgeline_worker.checkpoints import LAYOUT, WEIGHT_FILES, choose_weights, find_weights, missing_files
from edgeline_worker.files import read_json, sha256_of, write_json
from edgeline_worker.protocol import Job, StageError
from edgeline_worker.sources import Checkpoint

PUBLIC_HUB = "https://huggingface.co"
TOKENIZER_FILES = ("vocab.txt", "tokenizer.json", "tokenizer_config.json")
ATTEMPTS = 5
"""In a row without a byte, until a download is given up; what there is of it is kept."""
PAUSE_SECONDS = 1.0
TIMEOUT_SECONDS = 30.0
"""Without a byte."""

_TRANSIENT = (408, 429, 500, 502, 503, 504)
_WHOLE = "edgeline-commit.json"
_SOURCE = re.compile(r"hf:([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class _Repository:
    name: str
    endpoint: str
    token: str | None
    folder: Path
    """In the cache: `refs/` and one folder for each commit."""

    def way_out(self, hint: str) -> str:
        """What to do without the Hub."""
        return (
            f"{hint}; or get the folder of {self.name} in any other way and declare `weights: dir:PATH` "
            f"(it needs {LAYOUT})"
        )


def open_repository(weights: str, job: Job) -> Checkpoint:
    """The folder that `hf:OWNER/NAME@REVISION` means, from the cache where it has it. HF_ENDPOINT and HF_TOKEN of the
    environment say where and as whom to ask.

    A commit that is in the cache needs no network; of a branch or tag, the Hub is asked for its commit, and without it
    the commit that it was last time counts. Raises StageError `bad-weights-source`, `download-failed`,
    `weights-missing`, `bad-weights`.
    """
    match = _SOURCE.fullmatch(weights)
    if match is None:
        raise StageError("bad-weights-source", f"cannot read {weights!r}", "write hf:OWNER/NAME@REVISION")
    name, revision = match[1], match[2] or "main"
    endpoint = os.environ.get("HF_ENDPOINT", PUBLIC_HUB).rstrip("/")
    host = urlsplit(endpoint).netloc
    # Another host may have another model of that name.
    folder = job.cache_dir / "hub" / quote(host, safe="") / quote(name, safe="")
    repository = _Repository(name, endpoint, os.environ.get("HF_TOKEN") or None, folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _exclusive(
        folder / ".lock", lambda: job.progress(0, None, "files", f"waiting for another download of {name}")
    ):
        return _fetch(repository, revision, job)


def _fetch(repository: _Repository, revision: str, job: Job) -> Checkpoint:
    commit = revision if _COMMIT.fullmatch(revision) else None
    reference = repository.folder / "refs" / f"{quote(revision, safe='')}.json"
    if commit is None or not (repository.folder / commit / _WHOLE).is_file():
        job.progress(0, None, "files", f"asking for {repository.name}@{revision}")
        try:
            commit = _download(repository, revision, job)
        except (httpx2.HTTPError, HfHubHTTPError) as error:
            known = read_json(reference)["commit"] if reference.is_file() else None
            if known is None or isinstance(error, RepositoryNotFoundError | RevisionNotFoundError):
                raise _failure(repository, revision, error) from error
            asked = f"{repository.endpoint} cannot be asked what {revision} of {repository.name} is now"
            job.log(f"{asked}: taking commit {known}, which it was last time", "warning")
            commit = str(known)
        else:
            reference.parent.mkdir(exist_ok=True)
            write_json(reference, {"commit": commit})
    folder = repository.folder / commit
    return Checkpoint(folder, find_weights(folder), read_json(folder / _WHOLE)["licence"], commit)


def _download(repository: _Repository, revision: str, job: Job) -> str:
    """Leaves the whole folder of the commit that `revision` is, and returns the commit."""
    api = HfApi(repository.endpoint, token=repository.token or False)
    try:
        info = api.model_info(repository.name, revision=revision, timeout=TIMEOUT_SECONDS)
        commit, present = str(info.sha), {file.rfilename for file in info.siblings or []}
    except HFValidationError as error:
        raise StageError("bad-weights-source", f"cannot read hf:{repository.name}@{revision}: {error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise _failure(repository, revision, error) from error
    if _COMMIT.fullmatch(commit) is None:
        raise _failure(repository, revision, ValueError(f"it names no commit but {commit!r}"))
    folder = repository.folder / commit
    folder.mkdir(exist_ok=True)

    def fetch(name: str) -> Path:
        target = folder / name
        if not target.is_file():
            _download_file(repository, commit, target, job)
        return target

    weights = choose_weights(present, lambda name: read_json(fetch(name)))
    needed = ["config.json", *(weights or WEIGHT_FILES[:1])]
    missing = [name for name in needed if name not in present]
    if not present & set(TOKENIZER_FILES[:2]):
        missing.append(TOKENIZER_FILES[0])
    if missing:
        raise missing_files(f"{repository.name}@{revision}", missing)
    for name in (*(file for file in TOKENIZER_FILES if file in present), *needed):
        fetch(name)
    card = info.card_data
    # Written last: a folder without it is not whole.
    write_json(folder / _WHOLE, {"licence": None if card is None else card.get("license")})
    return commit


def _download_file(repository: _Repository, commit: str, target: Path, job: Job) -> None:
    """Goes on with what an earlier attempt left of the file, and puts it in its place when its digest is right."""
    url = hf_hub_url(repository.name, target.name, revision=commit, endpoint=repository.endpoint)
    token = repository.token or False
    metadata = get_hf_file_metadata(url, token=token, endpoint=repository.endpoint, retry_on_errors=True)
    etag, size = metadata.etag or "", metadata.size
    partial = repository.folder / "partial" / quote(f"{commit}-{etag}-{target.name}", safe="")
    partial.parent.mkdir(exist_ok=True)
    headers = {**build_hf_headers(token=token), "Accept-Encoding": "identity"}
    failures = 0
    while True:
        begun = partial.stat().st_size if partial.exists() else 0
        if size is not None and begun >= size:
            break
        try:
            # Redirects are followed, and the library's client keeps the token from other hosts.
            ranged = {**headers, "Range": f"bytes={begun}-"}
            with get_session().stream("GET", url, headers=ranged, timeout=TIMEOUT_SECONDS) as response:
                hf_raise_for_status(response)
                with partial.open("ab" if response.status_code == httpx2.codes.PARTIAL_CONTENT else "wb") as file:
                    for piece in response.iter_bytes():
                        file.write(piece)
                        # Whoever is killed now has all of it.
                        file.flush()
                        job.progress(file.tell(), size, "bytes", f"downloading {target.name} of {repository.name}")
            if size is None:
                break
        except (httpx2.TransportError, HfHubHTTPError) as error:
            if isinstance(error, HfHubHTTPError) and error.response.status_code not in _TRANSIENT:
                raise
            reached = partial.stat().st_size if partial.exists() else 0
            failures = 0 if reached > begun else failures + 1
            if failures == ATTEMPTS:
                raise
            print(f"{target.name}: {error}; going on at byte {reached}", file=sys.stderr)
            time.sleep(PAUSE_SECONDS)
    if not _has_digest(partial, etag):
        partial.unlink()
        raise StageError(
            "download-failed",
            f"{target.name} of {repository.name} came with other content than {repository.endpoint} announced",
            repository.way_out("run again"),
            file=target.name,
        )
    partial.rename(target)


def _has_digest(path: Path, etag: str) -> bool:
    """The Hub names large files by their SHA-256 and small ones as git does; names of another form say nothing."""
    if re.fullmatch(r"[0-9a-f]{64}", etag):
        return sha256_of(path) == etag
    if re.fullmatch(r"[0-9a-f]{40}", etag):
        content = path.read_bytes()
        return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest() == etag
    return True


def _failure(repository: _Repository, revision: str, error: Exception) -> StageError:
    what = f"could not get {repository.name}@{revision} from {repository.endpoint}"
    if isinstance(error, GatedRepoError):
        why = "its terms have to be accepted first"
        hint = "accept them on its page and set HF_TOKEN to a token of that account"
    elif isinstance(error, RevisionNotFoundError):
        why, hint = "there is no such revision", "take a branch, a tag or a commit that its page lists"
    elif isinstance(error, RepositoryNotFoundError):
        why = "there is no such model, or none that " + ("HF_TOKEN" if repository.token else "everybody") + " may see"
        hint = "check owner and name; set HF_TOKEN for a private model"
    elif isinstance(error, httpx2.TransportError):
        why = str(error) or type(error).__name__
        hint = "check the network and HF_ENDPOINT, then run again: what has arrived is kept"
    else:
        why = (str(error) or type(error).__name__).splitlines()[0]
        hint = "check that HF_ENDPOINT names a Hub, then run again: what has arrived is kept"
    return StageError("download-failed", f"{what}: {why}", repository.way_out(hint))


@contextmanager
def _exclusive(path: Path, wait: Callable[[], None]) -> Iterator[None]:
    """One download of a model at a time on this machine; the lock ends with the process."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
