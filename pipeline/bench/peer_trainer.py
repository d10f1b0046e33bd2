"""Trains with the Trainer of Hugging Face's transformers, as a peer of the stage fine-tune; started by `bench train`.

The only argument is the path of a JSON file; its fields are those of `main`. Speaks the workers' protocol on file
descriptor 3: `hello`, one `progress` a step, the loss of every step as `metric`, `result`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

import torch
from safetensors.torch import load_file
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    MobileBertConfig,
    MobileBertForSequenceClassification,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

PROTOCOL_FILE_DESCRIPTOR = 3


def main(job: dict[str, Any]) -> None:
    """`encoder` is a folder that the stage encoder wrote, `texts` a train.jsonl, `output` a folder to write into.

    `setting` goes to TrainingArguments. `steps`, `batch_size`, `labels` (how many), `threads` and `seed` are numbers.
    """
    with os.fdopen(PROTOCOL_FILE_DESCRIPTOR, "w", encoding="utf-8") as protocol:
        send(protocol, {"type": "hello", "protocol": 1})
        torch.set_num_threads(job["threads"])
        torch.manual_seed(job["seed"])
        rows = [json.loads(line) for line in Path(job["texts"]).read_text(encoding="utf-8").splitlines()]
        arguments = TrainingArguments(
            output_dir=job["output"],
            per_device_train_batch_size=job["batch_size"],
            max_steps=job["steps"],
            seed=job["seed"],
            use_cpu=job["device"] == "cpu",
            logging_steps=1,
            # Fine-tune writes nothing within the steps that are timed either.
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            **job["setting"],
        )
        trainer = Trainer(
            model=build(Path(job["encoder"]), job["labels"]),
            args=arguments,
            train_dataset=[
                {"input_ids": row["input_ids"], "labels": row["label"], "length": len(row["input_ids"])}
                for row in rows
            ],
            data_collator=pad_to_longest,
            callbacks=[Reporter(protocol)],
        )
        trainer.train()
        send(protocol, {"type": "result", "summary": {}})


def build(encoder: Path, labels: int) -> torch.nn.Module:
    """The reference implementation's classifier around the encoder's weights, which have its names."""
    spec = json.loads((encoder / "spec.json").read_text(encoding="utf-8"))
    layer = spec["layers"][0]
    common = {
        "vocab_size": spec["vocabulary_size"],
        "hidden_size": spec["hidden_size"],
        "num_hidden_layers": len(spec["layers"]),
        "num_attention_heads": layer["heads"],
        "intermediate_size": layer["intermediate_size"],
        "hidden_act": spec["activation"],
        "hidden_dropout_prob": spec["dropout"],
        "attention_probs_dropout_prob": spec["attention_dropout"],
        "max_position_embeddings": spec["max_positions"],
        "num_labels": labels,
    }
    if spec["family"] == "mobilebert":
        names = ("embedding_size", "intra_bottleneck_size", "trigram_input", "key_query_shared_bottleneck")
        model = MobileBertForSequenceClassification(
            MobileBertConfig(
                **common,
                **{name: spec[name] for name in names},
                num_feedforward_networks=layer["feed_forward_networks"],
                normalization_type=spec["normalization"],
                classifier_activation=spec["pooler"],
            )
        )
        body = model.mobilebert
    else:
        model = BertForSequenceClassification(BertConfig(**common))
        body = model.bert
    missing, surplus = body.load_state_dict(load_file(encoder / "weights.safetensors"), strict=False)
    # A pooler is the reference's own, where ours has none.
    if surplus or any(not name.startswith("pooler.") for name in missing):
        raise ValueError(f"weights do not fit: missing {missing}, surplus {surplus}")
    return model


def pad_to_longest(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """Dynamic padding: int64 (rows, longest) twice and (rows,)."""
    longest = max(len(row["input_ids"]) for row in rows)
    ids = torch.zeros((len(rows), longest), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for place, row in enumerate(rows):
        ids[place, : len(row["input_ids"])] = torch.tensor(row["input_ids"])
        mask[place, : len(row["input_ids"])] = 1
    return {"input_ids": ids, "attention_mask": mask, "labels": torch.tensor([row["labels"] for row in rows])}


class Reporter(TrainerCallback):
    """Says how far the training is, and the loss of each step."""

    def __init__(self, protocol: TextIO) -> None:
        self._protocol = protocol

    def on_step_end(self, args: Any, state: Any, control: Any, **other: Any) -> None:
        message = {"type": "progress", "done": state.global_step, "total": state.max_steps, "unit": "steps"}
        send(self._protocol, message)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **other: Any) -> None:
        if logs is not None and "loss" in logs:
            message = {"type": "metric", "name": "loss", "value": float(logs["loss"]), "step": state.global_step}
            send(self._protocol, message)


def send(stream: TextIO, message: dict[str, Any]) -> None:
    stream.write(json.dumps(message) + "\n")
    stream.flush()


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
