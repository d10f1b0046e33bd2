"""WordPiece against ids that other implementations wrote down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from edgeline_worker.protocol import StageError
from edgeline_worker.wordpiece import load_tokenizer, made_up_vocabulary


def test_ids_of_the_published_cases(wordpiece_data: Path) -> None:
    tokenizer = load_tokenizer(wordpiece_data / "bert-vocab.txt", 512)
    cases = json.loads((wordpiece_data / "tokenizer_tests.json").read_text())["bert-base-uncased"]
    assert len(cases) > 5
    for case in cases:
        assert tokenizer.encode(case["input"]).ids == case["encoded"]["input_ids"], case["input"]


def test_pieces_of_a_long_text_with_accents(wordpiece_data: Path) -> None:
    tokenizer = load_tokenizer(wordpiece_data / "bert-vocab.txt", 512)
    case = json.loads((wordpiece_data / "bert_uncased_encoded.json").read_text())
    assert tokenizer.encode(case["text"]).tokens[1:-1] == case["bpe_tokens"]


def test_long_texts_are_cut_and_keep_their_end_mark(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("\n".join(made_up_vocabulary(400)) + "\n")
    tokenizer = load_tokenizer(tmp_path / "vocab.txt", 5)
    encoding = tokenizer.encode("abcdef")
    assert encoding.tokens == ["[CLS]", "a", "##b", "##c", "[SEP]"]
    assert encoding.overflowing


def test_a_made_up_vocabulary_is_usable(tmp_path: Path) -> None:
    tokens = made_up_vocabulary(320)
    assert len(tokens) == len(set(tokens)) == 320
    assert [tokens[place] for place in (0, 100, 101, 102, 103)] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    with pytest.raises(StageError, match="too small"):
        made_up_vocabulary(200)


def test_a_vocabulary_without_bert_s_marks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\na\n")
    with pytest.raises(StageError, match=r"no \[SEP\]"):
        load_tokenizer(tmp_path / "vocab.txt", 8)
