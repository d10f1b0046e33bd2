"""Text in, label out: classifies texts with one bundle, on the device alone.

    python classify.py --bundle DIR [--threads N] [--sha256 HEX] [--lock FILE|board] [--holder JSON]

Reads JSON lines from standard input, {"text": "...", "entity": "..."} (the entity where the model wants one), until it
ends, and answers each at once with a line on standard output: `hello` first, then one `answer` or `refused` a text.
It needs LiteRT (ai-edge-litert) and tokenizers. Texts are neither kept nor sent anywhere.

`latency_ms` is the inference alone, as infer.py measures it; cleaning and tokenising are `tokenize_ms`. As there, an
untimed inference comes before the first one of each length, because the runtime finishes its set-up in it.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from typing import Any, BinaryIO, Dict, List, Optional, TextIO, Tuple

from lease import Lease, add_arguments, holder_text
from protocol import PROTOCOL, SET_UP, AgentError, claim_stdout, send

FILES_IN_USE = ("model.tflite", "labels.json", "encoding.json", "tokenizer.json", "cleaning.json")


def parse_arguments(argv: Optional[List[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", required=True, help="folder that `deploy` made")
    parser.add_argument("--threads", type=int, default=1, help="threads of the interpreter")
    parser.add_argument("--sha256", default=None, help="of its manifest.json, where that shall be checked")
    add_arguments(parser)
    return parser.parse_args(argv)


def check_bundle(folder: str, sha256: Optional[str]) -> Dict[str, str]:
    """Compares the files that answers depend on with manifest.json; returns their digests by path.

    Raises AgentError `bundle-damaged` when one differs.
    """
    from rows import sha256_of

    again = "Deploy it again."
    path = os.path.join(folder, "manifest.json")
    try:
        if sha256 is not None and sha256_of(path) != sha256:
            raise AgentError("bundle-damaged", f"{path} is not the one that was deployed", again)
        with open(path, encoding="utf-8") as file:
            listed = {entry["path"]: entry["sha256"] for entry in json.load(file)["files"]}
        digests = {name: listed[name] for name in FILES_IN_USE if name in listed}
        for name, expected in digests.items():
            if sha256_of(os.path.join(folder, name)) != expected:
                raise AgentError("bundle-damaged", f"{name} of {folder} is not the one that was deployed", again)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AgentError("bundle-damaged", f"{folder} is not a whole bundle: {error}", again) from error
    return digests


def check_libraries() -> Dict[str, str]:
    """Versions of what this needs.

    Raises AgentError `device-unusable` naming what is not there.
    """
    from importlib import import_module
    from importlib.metadata import version

    packages = {"ai-edge-litert": "ai_edge_litert.interpreter", "tokenizers": "tokenizers"}
    missing = []
    for package, module in packages.items():
        try:
            import_module(module)
        except ImportError:
            missing.append(package)
    if missing:
        raise AgentError(
            "device-unusable",
            f"{sys.executable} cannot import {' and '.join(missing)}",
            SET_UP,
        )
    return {"litert": version("ai-edge-litert"), "tokenizers": version("tokenizers")}


def take_lease(lease: Lease) -> None:
    """Holds off measurements while texts are classified.

    Raises AgentError `device-busy` when one runs.
    """
    if lease.take():
        return
    who = holder_text(lease.held_by())
    message = f"a measurement runs on this device ({who}), and an inference beside it would be in its figures"
    raise AgentError("device-busy", message, "Try again when it has ended.")


def softmax(logits: List[float]) -> List[float]:
    """Probabilities; of float64, whatever the size of the logits."""
    highest = max(logits)
    powers = [math.exp(value - highest) for value in logits]
    total = sum(powers)
    return [power / total for power in powers]


def milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 4)


class Classifier:
    """A loaded bundle."""

    def __init__(self, folder: str, threads: int) -> None:
        from model import Model
        from texts import Texts

        self.texts = Texts(folder)
        with open(os.path.join(folder, "labels.json"), encoding="utf-8") as file:
            self.labels: List[str] = json.load(file)
        self.model = Model(os.path.join(folder, "model.tflite"), threads)
        # Tables and delegates are made at the first text and the first length, which is no text's own time.
        warm = self.texts.warm_up()
        self.model.prepare(self.model.length_for(len(warm)))
        self.model.run(warm)

    def classify(self, text: str, entity: Optional[str]) -> Dict[str, Any]:
        """The answer to one text.

        Raises RefusedText for what cannot be asked, and AgentError when the model's answer is no number.
        """
        from infer import check

        started = time.perf_counter()
        cleaned = self.texts.clean(text)
        encoded = self.texts.encode(cleaned, entity)
        tokenize_seconds = time.perf_counter() - started
        length = self.model.length_for(len(encoded.ids))
        if self.model.prepare(length):
            self.model.run(encoded.ids, encoded.second_from)
        raw, seconds = self.model.run(encoded.ids, encoded.second_from)
        logits = check(raw, "that was given")
        if len(logits) != len(self.labels):
            message = f"the model has {len(logits)} logits, but labels.json has {len(self.labels)} labels"
            raise AgentError("bundle-damaged", message, "Deploy it again.")
        predicted = max(range(len(logits)), key=lambda item: logits[item])
        probabilities = softmax(logits)
        return {
            "cleaned": cleaned,
            "label": self.labels[predicted],
            "probability": probabilities[predicted],
            "probabilities": dict(zip(self.labels, probabilities)),
            "logits": logits,
            "tokens": min(len(encoded.ids), length),
            "tokens_cut": encoded.cut + max(0, len(encoded.ids) - length),
            "latency_ms": milliseconds(seconds),
            "tokenize_ms": milliseconds(tokenize_seconds),
        }


def request_of(line: bytes) -> Tuple[str, Optional[str]]:
    """Text and entity of one line of standard input; raises RefusedText `bad-line`."""
    from texts import RefusedText

    try:
        request = json.loads(line)
        text, entity = request["text"], request.get("entity")
        if isinstance(text, str) and (entity is None or isinstance(entity, str)):
            return text, entity
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise RefusedText("bad-line", 'not a line as {"text": "...", "entity": "..."}')


def run(options: argparse.Namespace, source: BinaryIO, channel: TextIO) -> None:
    versions = check_libraries()
    digests = check_bundle(options.bundle, options.sha256)
    if options.lock is not None:
        take_lease(Lease(options.lock, options.holder))
    from agent import is_emulated
    from texts import RefusedText

    loading = time.perf_counter()
    classifier = Classifier(options.bundle, options.threads)
    load_seconds = time.perf_counter() - loading
    texts = classifier.texts
    cleaning = texts.cleaning
    send(
        channel,
        {
            "type": "hello",
            "protocol": PROTOCOL,
            "runtime": {**versions, "threads": options.threads, "delegate": classifier.model.delegate()},
            "emulated": is_emulated(),
            "labels": classifier.labels,
            "input": "entity-tweet" if texts.pair else "tweet",
            "max_length": texts.max_length,
            "fixed_length": classifier.model.fixed_length,
            "cleaning": None if cleaning is None else cleaning.rules,
            "model_sha256": digests.get("model.tflite"),
            "load_ms": milliseconds(load_seconds),
        },
    )
    for number, line in enumerate(source, start=1):
        try:
            send(channel, {"type": "answer", "line": number, **classifier.classify(*request_of(line))})
        except RefusedText as error:
            send(channel, {"type": "refused", "line": number, "code": error.code, "message": error.message})


def main() -> int:
    options = parse_arguments()
    channel = claim_stdout()
    try:
        run(options, sys.stdin.buffer, channel)
        return 0
    except AgentError as error:
        send(channel, error.document())
        return 1
    except BrokenPipeError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
