"""WordPiece against ids that other implementations wrote down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from edgeline_worker.protocol import StageError
from edgeline_worker.wordpiece import load_tokenizer, made_up_vocabulary


@pytest.mark.parametrize("model", ["bert-base-uncased", "google-bert/bert-base-uncased"])
def test_the_published_cases(wordpiece_data: Path, model: str) -> None:
    tokenizer = load_tokenizer(wordpiece_data / "bert-vocab.txt", 512)
    cases = json.loads((wordpiece_data / "tokenizer_tests.json").read_text())[model]
    assert len(cases) == 18
    for case, encoding in zip(cases, tokenizer.encode_batch([case["input"] for case in cases]), strict=True):
        expected = case["encoded"]
        assert encoding.ids == expected["input_ids"], case["input"]
        assert encoding.type_ids == expected["token_type_ids"]
        assert encoding.attention_mask == expected["attention_mask"], "no padding"


def test_pieces_of_a_long_text_with_accents(wordpiece_data: Path) -> None:
    tokenizer = load_tokenizer(wordpiece_data / "bert-vocab.txt", 512)
    case = json.loads((wordpiece_data / "bert_uncased_encoded.json").read_text())
    encoding = tokenizer.encode(case["text"])
    assert encoding.tokens[1:-1] == case["bpe_tokens"]
    assert encoding.ids == case["token_ids"]


def test_a_pair_of_published_cases_is_both_one_after_the_other(wordpiece_data: Path) -> None:
    tokenizer = load_tokenizer(wordpiece_data / "bert-vocab.txt", 512, pair=True)
    cases = json.loads((wordpiece_data / "tokenizer_tests.json").read_text())["bert-base-uncased"]
    for name, tweet in zip(cases, cases[1:]):
        first, second = name["encoded"]["input_ids"], tweet["encoded"]["input_ids"][1:]
        encoding = tokenizer.encode(name["input"], tweet["input"])
        assert encoding.ids == first + second
        assert encoding.type_ids == [0] * len(first) + [1] * len(second)


def test_long_texts_are_cut_and_keep_their_end_mark(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("\n".join(made_up_vocabulary(400)) + "\n")
    tokenizer = load_tokenizer(tmp_path / "vocab.txt", 5)
    encoding = tokenizer.encode("abcdef")
    assert encoding.tokens == ["[CLS]", "a", "##b", "##c", "[SEP]"]
    assert encoding.overflowing
    assert not tokenizer.encode("abc").overflowing


def test_of_a_pair_only_the_second_text_is_cut(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("\n".join(made_up_vocabulary(400)) + "\n")
    tokenizer = load_tokenizer(tmp_path / "vocab.txt", 9, pair=True)
    encoding = tokenizer.encode("abcd", "wxyz")
    assert encoding.tokens == ["[CLS]", "a", "##b", "##c", "##d", "[SEP]", "w", "##x", "[SEP]"]
    assert encoding.overflowing
    assert not tokenizer.encode("abcd", "wx").overflowing


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
