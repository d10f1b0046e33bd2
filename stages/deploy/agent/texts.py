"""From a text as somebody writes it to the token ids that the model was trained on: cleaned, then cut into pieces.

Both follow files of the bundle: cleaning.json (stages/clean; absent where no stage said how texts are cleaned),
tokenizer.json and encoding.json (stages/encode).
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional

from protocol import AgentError
from tokenizers import Tokenizer

REFERENCE = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));")
MARKS_OF_A_PAIR = 3
"""[CLS] name [SEP] tweet [SEP]; the tweet must keep a token at least."""


class RefusedText(Exception):
    """A text that the model cannot be asked about; `code` is stable and kebab-case."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Encoded:
    """Token ids of one text, where its second segment begins (None: it has one), and how many tokens were cut."""

    ids: List[int]
    second_from: Optional[int]
    cut: int


def read_document(path: str) -> Dict[str, Any]:
    """A JSON object of the bundle.

    Raises AgentError `bundle-damaged` when there is none.
    """
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        if isinstance(document, dict) and document.get("schema") == 1:
            return document
    except (OSError, ValueError):
        pass
    raise AgentError("bundle-damaged", f"{path} cannot be read", "Deploy it again.")


def unescape_html(named: Dict[str, str], c1: str) -> Callable[[str], str]:
    """Replaces HTML character references once, those that name half of a surrogate pair too.

    `c1` has what the numbers 128 to 159 stand for.
    """

    def character(match: "re.Match[str]") -> str:
        decimal, hexadecimal, name = match.groups()
        if name is not None:
            return named.get(name, match.group())
        code = int(decimal) if decimal is not None else int(hexadecimal, 16)
        if code == 0 or code > 0x10FFFF:
            return match.group()
        return c1[code - 0x80] if 0x80 <= code <= 0x9F else chr(code)

    return lambda text: join_surrogates(REFERENCE.sub(character, text))


def join_surrogates(text: str) -> str:
    """Two halves that stand side by side are one character, as in the UTF-16 that `clean` works on."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def action_of(action: Dict[str, Any]) -> Callable[[str], str]:
    """One action of cleaning.json.

    Raises AgentError `bundle-damaged` for one of a newer Edgeline.
    """
    kind = action.get("kind")
    if kind == "replace":
        pattern, replacement = re.compile(action["pattern"]), str(action["with"])
        return lambda text: pattern.sub(lambda _: replacement, text)
    if kind == "normalize":
        form = action["form"]
        return lambda text: unicodedata.normalize(form, text)
    if kind == "unescape-html":
        return unescape_html(action["named"], action["c1"])
    raise AgentError("bundle-damaged", f"cleaning.json has an action {kind!r} that this agent does not know", None)


class Cleaning:
    """What `clean` does to a text, by its own rules."""

    def __init__(self, document: Dict[str, Any]) -> None:
        self.rules = str(document["rules"])
        self._actions = [action_of(action) for action in document["actions"]]
        self._until_stable = document.get("until_stable") is True

    def apply(self, text: str) -> str:
        text = join_surrogates(text)
        while True:
            before = text
            for action in self._actions:
                text = action(text)
            if text == before or not self._until_stable:
                return text


class Texts:
    """Cleans and tokenises as the training did. `folder` is a bundle.

    Raises AgentError `bundle-without-tokenizer` for a bundle of before these files were part of it.
    """

    def __init__(self, folder: str) -> None:
        tokenizer = os.path.join(folder, "tokenizer.json")
        if not os.path.exists(tokenizer):
            message = "the bundle has no tokenizer: it was deployed before texts could be classified"
            raise AgentError("bundle-without-tokenizer", message, "Deploy it again.")
        encoding = read_document(os.path.join(folder, "encoding.json"))
        self.max_length = int(encoding["max_length"])
        self.pair = encoding["input"] == "entity-tweet"
        cleaning = os.path.join(folder, "cleaning.json")
        self.cleaning = Cleaning(read_document(cleaning)) if os.path.exists(cleaning) else None
        # It holds where texts are cut, too.
        self._tokenizer = Tokenizer.from_file(tokenizer)

    def clean(self, text: str) -> str:
        """The text as the training would have had it.

        Raises RefusedText `empty-text` when nothing is left, as such tweets were left out there; without rules
        `bad-text` for halves of characters.
        """
        cleaned = text if self.cleaning is None else self.cleaning.apply(text)
        if not cleaned.strip():
            reason = "the text is empty" if not text.strip() else "nothing is left of the text after cleaning"
            raise RefusedText("empty-text", reason)
        check_characters(cleaned, "the text")
        return cleaned

    def warm_up(self) -> List[int]:
        """Token ids of a text of one token; what is made at the first text is made with it."""
        return list(self._tokenizer.encode(self.clean("a")).ids)

    def encode(self, cleaned: str, entity: Optional[str]) -> Encoded:
        """Token ids of a cleaned text.

        Raises RefusedText `no-entity`, `long-entity` or `bad-text` where the model wants the name of an entity, too.
        """
        if not self.pair:
            encoding = self._tokenizer.encode(cleaned)
            return Encoded(encoding.ids, None, tokens_cut(encoding))
        if entity is None or not entity.strip():
            raise RefusedText("no-entity", "this model classifies a tweet towards an entity, and none is named")
        check_characters(entity, "the name of the entity")
        room = self.max_length - MARKS_OF_A_PAIR - 1
        needed = len(self._tokenizer.encode(entity, "", add_special_tokens=False).ids)
        if needed > room:
            message = f"the name of the entity has {needed} tokens, and there is room for {max(room, 0)}"
            raise RefusedText("long-entity", message)
        encoding = self._tokenizer.encode(entity, cleaned)
        return Encoded(encoding.ids, encoding.type_ids.index(1), tokens_cut(encoding))


def check_characters(text: str, what: str) -> None:
    """Raises RefusedText `bad-text` for what no file could hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise RefusedText("bad-text", f"{what} has half of a surrogate pair, which is no character") from None


def tokens_cut(encoding: Any) -> int:
    """How many tokens of the (last) text there was no room for."""
    last = max((number for number in encoding.sequence_ids if number is not None), default=0)
    return sum(part.sequence_ids.count(last) for part in encoding.overflowing)
