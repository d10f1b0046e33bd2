"""Makes the checkpoints that the import is tested with, and what Hugging Face's transformers computes from them.

    python test/lab/make_checkpoints.py FOLDER [NUMBER OF RANDOM CONFIGURATIONS]

Needs PyTorch and transformers as in reference-requirements.txt; the product needs neither. Each folder has a tiny
random model as transformers saves it, and `golden.safetensors` with what that library computes: hidden states (layers + 1,
texts, length, width) and logits (texts, labels) of texts that are padded to one length (`padded`), and of each text
alone at its own length (`exact`, the states filled up with zeros). `test/fixtures/checkpoints` was made by it; the lab
suite makes it again and compares.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    BertConfig,
    BertForPreTraining,
    BertForSequenceClassification,
    BertModel,
    MobileBertConfig,
    MobileBertForPreTraining,
    MobileBertForSequenceClassification,
    MobileBertModel,
)

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz0123456789"]
LABELS = 3
LENGTHS = (9, 4, 7)

BERT = {
    "vocab_size": 48,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 24,
    "max_position_embeddings": 12,
}
MOBILEBERT = BERT | {
    "embedding_size": 8,
    "intra_bottleneck_size": 8,
    "num_attention_heads": 2,
    "num_feedforward_networks": 3,
}

FIRST_TOKEN = {"classifier_activation": False}


@dataclass(frozen=True)
class Case:
    config: BertConfig | MobileBertConfig
    saved: str = "encoder"
    """`encoder`, or `pretraining`: with the heads that it was trained with."""
    form: str = "safetensors"
    pooling: str = "cls"
    """`cls`: the library's own classifier; `mean`: a linear layer on the mean over the text."""
    padding_embedding: bool = True
    """Whether [PAD] has one. Models that were trained with transformers have zeros there, published ones need not."""


CASES = {
    "bert": Case(BertConfig(**BERT)),
    "bert-mean": Case(BertConfig(**BERT, hidden_act="relu", layer_norm_eps=1e-5), pooling="mean"),
    "bert-bfloat16-bin": Case(BertConfig(**BERT), form="bfloat16-bin"),
    "bert-pretraining": Case(BertConfig(**BERT), "pretraining"),
    "bert-pretraining-bin": Case(BertConfig(**BERT), "pretraining", "bin", "mean"),
    "bert-pretraining-legacy-bin": Case(BertConfig(**BERT), "pretraining", "legacy-bin"),
    "mobilebert": Case(MobileBertConfig(**MOBILEBERT)),
    "mobilebert-layer-norm": Case(
        MobileBertConfig(**MOBILEBERT, **FIRST_TOKEN, normalization_type="layer_norm"), pooling="mean"
    ),
    "mobilebert-pretraining": Case(MobileBertConfig(**MOBILEBERT, **FIRST_TOKEN), "pretraining"),
    "mobilebert-pretraining-bin": Case(
        MobileBertConfig(**MOBILEBERT, **FIRST_TOKEN), "pretraining", "bin", "mean", padding_embedding=False
    ),
}


def random_case(seed: int) -> Case:
    """Any combination of what configurations and files may be."""
    draw = random.Random(seed)
    pick = draw.choice
    mobile = seed % 2 == 1
    heads = pick((1, 2, 3, 4))
    inner = heads * pick((3, 4, 8))
    settings = {
        "vocab_size": len(VOCABULARY) + pick((0, 7)),
        "hidden_size": pick((10, 16, 24)) if mobile else inner,
        "num_hidden_layers": pick((1, 2, 3, 4)),
        "num_attention_heads": heads,
        "intermediate_size": pick((8, 24, 40)),
        "hidden_act": pick(("gelu", "relu")),
        "layer_norm_eps": pick((1e-12, 1e-5)),
        "max_position_embeddings": pick((9, 12)),
        "type_vocab_size": pick((2, 3)),
    }
    if mobile:
        settings |= {
            "embedding_size": pick((6, 9)),
            "intra_bottleneck_size": inner,
            "num_feedforward_networks": pick((1, 2, 4)),
            "normalization_type": pick(("no_norm", "layer_norm")),
            "trigram_input": pick((True, True, False)),
            "classifier_activation": pick((True, False)),
        }
    return Case(
        MobileBertConfig(**settings) if mobile else BertConfig(**settings),
        pick(("encoder", "pretraining")),
        pick(("safetensors", "bin", "legacy-bin", "bfloat16-bin")),
        pick(("cls", "mean")),
        pick((True, False)),
    )


def main(target: Path, randoms: int) -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    cases = CASES | {f"random-{number}": random_case(number) for number in range(randoms)}
    for number, (name, case) in enumerate(cases.items()):
        make(target / name, number, case)


def make(folder: Path, number: int, case: Case) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(number)
    config = case.config
    config.num_labels = LABELS
    # The plain formulas: other implementations of attention round differently.
    config._attn_implementation = "eager"
    bert = isinstance(config, BertConfig)
    if case.saved == "pretraining":
        model = BertForPreTraining(config) if bert else MobileBertForPreTraining(config)
        encoder = model.bert if bert else model.mobilebert
    else:
        model = encoder = BertModel(config) if bert else MobileBertModel(config)
    randomize(model, generator)
    if not case.padding_embedding:
        encoder.embeddings.word_embeddings.weight.data[0] = 0.0
    if case.form == "bfloat16-bin":
        # What is in the file is what the model computes with.
        model.to(torch.bfloat16).to(torch.float32)
    save(model, folder, case.form)
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    (folder / "golden.json").write_text(json.dumps({"pooling": case.pooling}) + "\n")
    golden = compute(encoder, case, generator)
    save_file({name: value.contiguous() for name, value in golden.items()}, folder / "golden.safetensors")


def compute(encoder: torch.nn.Module, case: Case, generator: torch.Generator) -> dict[str, torch.Tensor]:
    config = case.config
    length = max(LENGTHS)
    mask = torch.tensor([[int(place < count) for place in range(length)] for count in LENGTHS])
    inputs = {
        "input_ids": torch.randint(5, len(VOCABULARY), mask.shape, generator=generator) * mask,
        "attention_mask": mask,
        "token_type_ids": torch.tensor([[int(place > count // 2) for place in range(length)] for count in LENGTHS])
        * mask,
    }
    if isinstance(config, BertConfig):
        classifier = BertForSequenceClassification(config)
        classifier.bert = encoder
    else:
        classifier = MobileBertForSequenceClassification(config)
        classifier.mobilebert = encoder
    classifier.eval()
    for parameter in (classifier.classifier.weight, classifier.classifier.bias):
        parameter.data.copy_(torch.randn(parameter.shape, generator=generator))

    def run(inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.no_grad():
            output = classifier(**inputs, output_hidden_states=True)
            states = torch.stack(output.hidden_states)
            if case.pooling == "cls":
                return states, output.logits
            weights = inputs["attention_mask"][:, :, None]
            return states, classifier.classifier((states[-1] * weights).sum(1) / weights.sum(1))

    states, logits = run(inputs)
    exact_states, exact_logits = torch.zeros_like(states), torch.zeros_like(logits)
    for row, count in enumerate(LENGTHS):
        alone = {name: value[row : row + 1, :count] for name, value in inputs.items()}
        exact_states[:, row : row + 1, :count], exact_logits[row : row + 1] = run(alone)
    return {
        **{name: value.to(torch.int32) for name, value in inputs.items()},
        "padded.hidden_states": states,
        "padded.logits": logits,
        "exact.hidden_states": exact_states,
        "exact.logits": exact_logits,
        "classifier.weight": classifier.classifier.weight.data,
        "classifier.bias": classifier.classifier.bias.data,
    }


def randomize(model: torch.nn.Module, generator: torch.Generator) -> None:
    """No bias at zero, no norm the identity, and [PAD] with an embedding, which training may leave it."""
    # Without norms the states grow from layer to layer.
    gain = 0.7 if getattr(model.config, "normalization_type", "") == "no_norm" else 1.0
    for name, parameter in model.named_parameters():
        drawn = torch.randn(parameter.shape, generator=generator)
        if "LayerNorm.weight" in name:
            drawn = 1.0 + 0.3 * drawn
        elif parameter.ndim == 2:
            drawn = drawn * (0.5 if "_embeddings" in name else gain / parameter.shape[1] ** 0.5)
        else:
            drawn = 0.3 * drawn
        parameter.data.copy_(drawn)


def save(model: torch.nn.Module, folder: Path, form: str) -> None:
    if form == "safetensors":
        model.save_pretrained(folder)
        return
    model.config.save_pretrained(folder)
    tensors = model.state_dict()
    if form == "bfloat16-bin":
        tensors = {name: tensor.to(torch.bfloat16) for name, tensor in tensors.items()}
    torch.save(tensors, folder / "pytorch_model.bin", _use_new_zipfile_serialization=form != "legacy-bin")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
