"""WordPiece tokens of an uncased BERT vocabulary.

Source: https://github.com/google-research/bert/blob/master/tokenization.py, as `tokenizers` implements it.
"""

from __future__ import annotations

import string
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.implementations import BertWordPieceTokenizer

from edgeline_worker.protocol import StageError

SPECIAL_TOKENS = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103}
"""Their places in the published uncased vocabulary."""


def load_tokenizer(vocabulary: Path, max_length: int, pair: bool = False) -> Tokenizer:
    """A tokenizer that lower-cases, strips accents, parts Chinese characters and cuts to `max_length` tokens, [CLS] and
    [SEP] included. Of a `pair` it cuts the second text only.

    Raises StageError `bad-vocabulary` when one of BERT's special tokens is missing.
    """
    tokens = vocabulary.read_text(encoding="utf-8").split("\n")
    missing = [token for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]") if token not in tokens]
    if missing:
        raise StageError("bad-vocabulary", f"the vocabulary has no {' and no '.join(missing)}", file=vocabulary.name)
    tokenizer = BertWordPieceTokenizer(
        str(vocabulary), clean_text=True, handle_chinese_chars=True, strip_accents=True, lowercase=True
    )
    tokenizer.enable_truncation(max_length, strategy="only_second" if pair else "longest_first")
    return tokenizer


def made_up_vocabulary(size: int) -> list[str]:
    """A vocabulary for random weights: BERT's special tokens, single characters, and `[unused…]` for the rest.

    It has `size` entries, at least 320. Raises StageError `bad-vocabulary` for fewer.
    """
    characters = string.ascii_lowercase + string.digits + string.punctuation
    pieces = [*characters, *(f"##{character}" for character in characters)]
    if size < len(pieces) + 104:
        raise StageError("bad-vocabulary", f"a vocabulary of {size} entries is too small; 320 is the least")
    tokens = [f"[unused{index}]" for index in range(size)]
    for token, place in SPECIAL_TOKENS.items():
        tokens[place] = token
    tokens[104 : 104 + len(pieces)] = pieces
    return tokens
