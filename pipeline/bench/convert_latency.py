"""Times one inference of each of several files, taking turns, and the memory of one loaded file.

    python convert_latency.py JOB

JOB is a JSON file: `files` (name to path, .tflite or .onnx), `lengths`, `threads` and `calls`. For each length and number of
threads all files of a runtime are prepared; then, `calls` times, each makes one inference that is not timed and one that is. Prints a
line of JSON for each: `{"length", "threads", "milliseconds": {name: [..]}}`, or `{"failed": {name: why}}` where a file cannot be run.
With `memory_of` in place of the lengths: `{"rss_bytes": n}` of this process with that file loaded and run once.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

NAMES = ("input_ids", "attention_mask", "token_type_ids")
Call = Callable[[], None]


def main(job: dict[str, Any]) -> None:
    if "memory_of" in job:
        prepare(job["memory_of"], job["length"], 1)()
        say({"rss_bytes": resident_bytes()})
        return
    failed: dict[str, str] = {}
    for threads in job["threads"]:
        for length in job["lengths"]:
            milliseconds: dict[str, list[float]] = {}
            for runtime in (".tflite", ".onnx"):
                # One runtime after the other: ONNX Runtime's threads spin for a while after they have computed, which takes
                # the processor from whoever computes next.
                files = {name: path for name, path in job["files"].items() if path.endswith(runtime)}
                milliseconds |= take_turns(files, length, threads, job["calls"], failed)
            say({"length": length, "threads": threads, "milliseconds": milliseconds})
    if failed:
        say({"failed": failed})


def take_turns(
    files: dict[str, str], length: int, threads: int, times: int, failed: dict[str, str]
) -> dict[str, list[float]]:
    """Milliseconds of each file that can be run; the others are added to `failed`, and not tried again."""
    calls: dict[str, Call] = {}
    for name, path in files.items():
        if name in failed:
            continue
        try:
            calls[name] = prepare(path, length, threads)
            calls[name]()
        except Exception as error:
            failed[name] = str(error).splitlines()[0]
    milliseconds: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(times):
        # Drawn anew: none always follows the same other one.
        for name in random.Random(turn).sample(sorted(calls), len(calls)):
            # The one before ran another file: caches are warm for none of them.
            calls[name]()
            started = time.perf_counter()
            calls[name]()
            milliseconds[name].append((time.perf_counter() - started) * 1000)
    return milliseconds


def prepare(path: str, length: int, threads: int) -> Call:
    """One inference of a text of `length` tokens, its inputs set and its logits fetched."""
    generator = np.random.Generator(np.random.PCG64(length))
    ids = generator.integers(1000, 20000, (1, length))
    arrays = dict(zip(NAMES, (ids, np.ones_like(ids), np.zeros_like(ids)), strict=True))
    return prepare_onnx(path, arrays, threads) if path.endswith(".onnx") else prepare_tflite(path, arrays, threads)


def prepare_tflite(path: str, arrays: dict[str, np.ndarray], threads: int) -> Call:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=path, num_threads=threads)
    details = interpreter.get_input_details()
    places = {name: next(detail["index"] for detail in details if name in detail["name"]) for name in NAMES}
    values = {place: arrays[name].astype(np.int32) for name, place in places.items()}
    for place, value in values.items():
        interpreter.resize_tensor_input(place, value.shape)
    interpreter.allocate_tensors()
    # Of two outputs, logits and probabilities, either costs the same.
    output = interpreter.get_output_details()[0]["index"]

    def call() -> None:
        for place, value in values.items():
            interpreter.set_tensor(place, value)
        interpreter.invoke()
        interpreter.get_tensor(output)

    return call


def prepare_onnx(path: str, arrays: dict[str, np.ndarray], threads: int) -> Call:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    wanted = {entry.name for entry in session.get_inputs()}
    values = {name: array.astype(np.int64) for name, array in arrays.items() if name in wanted}

    def call() -> None:
        session.run(["logits"], values)

    return call


def resident_bytes() -> int:
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


def say(document: dict[str, Any]) -> None:
    print(json.dumps(document), flush=True)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
