"""A stand-in for the Hugging Face Hub on this machine: its addresses, headers and redirects, and how it fails."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """One repository, `someone/tiny`, whose branch `main` is `COMMIT`. Weight files are on a second host, as there."""

    files: dict[str, bytes]
    token: str | None = None
    """Who does not send it sees nothing."""
    gated: bool = False
    cut_after: list[int] = field(default_factory=list)
    """Bytes after which the next downloads of a weight file break off, one after another."""
    hang: bool = False
    """A download of a weight file that breaks off keeps its connection instead, and sends nothing."""
    announce_other_digest: bool = False
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Method, path with `cdn:` before those of the second host, and headers with names in small letters."""
    endpoint: str = ""
    storage: str = ""
    stopped: threading.Event = field(default_factory=threading.Event)

    def ranges(self) -> list[str]:
        """What was asked for of weight files, in order."""
        return [headers["range"] for method, path, headers in self.requests if path.startswith("cdn:")]


@contextmanager
def serve_hub(files: dict[str, bytes], **options: Any) -> Iterator[Hub]:
    hub = Hub(files, **options)
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub, cdn)) for cdn in (False, True)]
    hub.endpoint, hub.storage = (f"http://127.0.0.1:{server.server_address[1]}" for server in servers)
    # By another name, so that a client takes it for another host.
    hub.storage = hub.storage.replace("127.0.0.1", "localhost")
    for server in servers:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield hub
    finally:
        hub.stopped.set()
        for server in servers:
            server.shutdown()
            server.server_close()


def _handler(hub: Hub, cdn: bool) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def answer(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            hub.requests.append((self.command, f"cdn:{self.path}" if cdn else self.path, headers))
            if cdn:
                return self.send_large(hub.files[self.path.lstrip("/")])
            if hub.token is not None and headers.get("authorization") != f"Bearer {hub.token}":
                return self.refuse(401, "RepoNotFound")
            if hub.gated:
                return self.refuse(403, "GatedRepo")
            about = re.fullmatch(r"/api/models/(.+?)/revision/([^?]+)(?:\?.*)?", self.path)
            if about is not None:
                if about[1] != "someone/tiny":
                    return self.refuse(404, "RepoNotFound")
                if about[2] not in ("main", "refs%2Fpr%2F1", COMMIT):
                    return self.refuse(404, "RevisionNotFound")
                siblings = [{"rfilename": name} for name in sorted(hub.files)]
                facts = {"id": "someone/tiny", "sha": COMMIT, "siblings": siblings, "cardData": {"license": "mit"}}
                return self.send(200, json.dumps(facts).encode(), {"Content-Type": "application/json"})
            file = re.fullmatch(rf"/someone/tiny/resolve/{COMMIT}/(.+)", self.path)
            if file is None or file[1] not in hub.files:
                return self.refuse(404, "EntryNotFound")
            return self.send_file(file[1])

        def send_file(self, name: str) -> None:
            content = hub.files[name]
            headers = {"X-Repo-Commit": COMMIT}
            if not name.endswith((".safetensors", ".bin")):
                digest = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
                return self.send(200, content, {**headers, "ETag": f'"{digest}"'})
            digest = hashlib.sha256(b"other" if hub.announce_other_digest else content).hexdigest()
            linked = {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content))}
            return self.send(302, b"", {**headers, **linked, "Location": f"{hub.storage}/{name}"})

        def send_large(self, content: bytes) -> None:
            first = int(re.fullmatch(r"bytes=(\d+)-", self.headers["Range"])[1])
            part = content[first:]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            if hub.cut_after:
                self.wfile.write(part[: hub.cut_after.pop(0)])
                self.wfile.flush()
                if hub.hang:
                    hub.stopped.wait()
                self.close_connection = True
            else:
                self.wfile.write(part)

        def refuse(self, status: int, code: str) -> None:
            self.send(status, b"{}", {"X-Error-Code": code, "X-Error-Message": code})

        def send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

    return Handler
