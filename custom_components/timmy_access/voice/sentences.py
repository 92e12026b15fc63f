"""The sentences of `sentences.yaml`: as templates for Home Assistant, and what was meant by one that was said.

Home Assistant says which sentence fits and not which of several names was in it. Names are looked up here a second
time, one by one, so that a sentence that fits two of them is known to be ambiguous.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
import re

from homeassistant.util.yaml import load_yaml_dict

from ..ledger import likeness

SENTENCES = Path(__file__).parent / "sentences.yaml"
# What separates digits that are said one by one; whatever else is between them is no digit.
_BETWEEN = re.compile(r"[\s,.-]+")
# A name is matched by its letters and digits: recognisers write no other signs, and in a template they would mean
# something.
_UNSAID = re.compile(r"[^\w\s'-]|_")
_SPACE = r"\s*"
# What a template consists of.
_PARTS = re.compile(r"\{(?P<slot>\w+)\}|(?P<space>\s+)|(?P<sign>[\[\]()|])|(?P<text>[^{}\[\]()|\s]+)")
_SIGNS: Mapping[str, str] = {"[": "(?:", "]": ")?", "(": "(?:", ")": ")", "|": "|"}


class Ask(StrEnum):
    """What can be said, by its key in the file."""

    OPEN = "open"
    UNLOCK = "unlock"
    OPEN_WITH_CODE = "open_with_code"
    WHO_CAME_IN = "who_came_in"
    IS_HERE = "is_here"
    IS_HOME = "is_home"
    WHO_IS_INSIDE = "who_is_inside"
    WHO_IS_HOME = "who_is_home"


SLOTS: Mapping[Ask, str] = {
    Ask.IS_HERE: "person",
    Ask.IS_HOME: "person",
    Ask.OPEN: "door",
    Ask.OPEN_WITH_CODE: "door",
    Ask.UNLOCK: "door",
}


@dataclass(frozen=True, kw_only=True)
class Phrasebook:
    """All templates by what they ask, the digits by the words for them, and which languages there are."""

    languages: tuple[str, ...]
    templates: Mapping[Ask, tuple[str, ...]]
    digits: Mapping[str, str]

    def sentences(self, ask: Ask, names: Iterable[str]) -> list[str]:
        """Return the templates with some names in them, as Home Assistant reads them; none without a name to be said.

        What stays in braces is whatever is said there.
        """
        templates = self.templates[ask]
        if (slot := SLOTS.get(ask)) is None:
            return list(templates)
        said = sorted({name for name in map(sayable, names) if name})
        listed = f"({'|'.join(said)})"
        return [template.replace(f"{{{slot}}}", listed) for template in templates] if said else []

    def meant(self, ask: Ask, text: str, names: Iterable[str]) -> Iterator[tuple[str, str | None]]:
        """Yield each of the names that a sentence may be about, with what may be the code that is said with it."""
        said = likeness(sayable(text))
        for name in names:
            word = likeness(sayable(name))
            if not word or word not in said:
                continue
            for template in self.templates[ask]:
                if found := re.fullmatch(_pattern(template).replace("{name}", re.escape(word)), said):
                    yield name, found.groupdict().get("code")

    def language(self, spoken: str) -> str:
        """Return which of our languages a sentence in a language of Home Assistant is answered in."""
        wanted = spoken.replace("_", "-").casefold()
        ours = {language.casefold(): language for language in self.languages}
        base = wanted.partition("-")[0]
        found = (language for key, language in ours.items() if key.partition("-")[0] == base)
        return ours.get(wanted) or next(found, spoken)

    def code(self, said: str) -> str | None:
        """Return the digits of a code that was said or typed; None for what is no digits."""
        parts = [part for part in _BETWEEN.split(likeness(said)) if part]
        digits = [part if part.isascii() and part.isdigit() else self._digits(part) for part in parts]
        return "".join(digit for digit in digits if digit) if digits and None not in digits else None

    def _digits(self, word: str) -> str | None:
        """Return the digit of a word, or those of several without a space between them."""
        if (digit := self.digits.get(word)) is not None:
            return digit
        each = [self.digits.get(letter) for letter in word]
        return None if None in each else "".join(digit for digit in each if digit)


def load_phrasebook() -> Phrasebook:
    """Read the file; not for the event loop."""
    languages: Mapping[str, Mapping[str, list[str | None]]] = load_yaml_dict(str(SENTENCES))
    templates = {
        ask: tuple(template for texts in languages.values() for template in texts[ask] if template is not None)
        for ask in Ask
    }
    digits = {
        likeness(word): str(digit)
        for texts in languages.values()
        for digit, word in enumerate(texts["digits"])
        if word is not None
    }
    return Phrasebook(languages=tuple(languages), templates=templates, digits=digits)


def sayable(name: str) -> str:
    """Return a name as it is heard: its words, without signs."""
    words = (
        word.strip("'-") for word in _UNSAID.sub(" ", name.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")).split()
    )
    return " ".join(word for word in words if word)


@lru_cache(maxsize=512)
def _pattern(template: str) -> str:
    """Return a template as a regular expression, with `{name}` for the name."""
    parts = []
    for part in _PARTS.finditer(template):
        match part.lastgroup:
            case "slot":
                parts.append(r"(?P<code>.+?)" if part["slot"] == "code" else "{name}")
            case "space":
                parts.append(_SPACE)
            case "sign":
                parts.append(_SIGNS[part["sign"]])
            case _:
                parts.append(re.escape(likeness(part["text"])))
    return _SPACE.join(("", *parts, ""))
