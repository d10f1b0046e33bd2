"""The accuracy pass as it is often written: every text padded to 128 tokens, one at a time. For `bench device`.

    python device_padded.py MODEL ENCODED_TEXTS THREADS COUNT

Prints one JSON object: `texts`, and `seconds` without loading.
"""

from __future__ import annotations

import itertools
import json
import sys
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter

LENGTH = 128


def main(model: str, texts: str, threads: int, count: int) -> None:
    interpreter = Interpreter(model_path=model, num_threads=threads)
    details = {detail["name"].removeprefix("serving_default_").split(":")[0]: detail for detail in interpreter.get_input_details()}
    for detail in details.values():
        interpreter.resize_tensor_input(detail["index"], [1, LENGTH])
    interpreter.allocate_tensors()
    output = interpreter.get_output_details()[0]["index"]
    with open(texts, encoding="utf-8") as file:
        rows = [json.loads(line)["input_ids"][:LENGTH] for line in itertools.islice(file, count)]

    def run(ids: list[int]) -> None:
        padding = [0] * (LENGTH - len(ids))
        values = {"input_ids": ids + padding, "attention_mask": [1] * len(ids) + padding, "token_type_ids": [0] * LENGTH}
        for name, detail in details.items():
            interpreter.set_tensor(detail["index"], np.array([values[name]], detail["dtype"]))
        interpreter.invoke()
        interpreter.get_tensor(output)

    run(rows[0])
    start = time.perf_counter()
    for ids in rows:
        run(ids)
    print(json.dumps({"texts": len(rows), "seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
