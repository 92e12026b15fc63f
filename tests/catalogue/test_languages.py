"""Every language says everything, and nothing else than the others."""

from collections.abc import Iterator, Mapping
import re

import pytest

from .repository import LANGUAGES, TEXTS, leaves, texts_in

TRANSLATED = ("de", "es", "fr", "id", "it", "nl", "pl", "pt-BR", "ru", "tr", "vi", "zh-Hans")
# What is filled in, code, and addresses.
PLACEHOLDER = re.compile(r"\{\w+\}|`[^`]+`|\b\w+://\w+")
# Texts this long are sentences; no two languages have the same.
SENTENCE_LETTERS = 40
ENGLISH = dict(leaves(TEXTS))
# Home Assistant says "du" to people in these languages; here is what would be the other form in them.
FORMAL = {
    "de": re.compile(r"\w+en Sie\b|\b(?:Ihnen|Ihrem|Ihres)\b|\b(?:wenn|was|wie|wen|bevor|die|den) Sie\b"),
    "es": re.compile(
        r"\b(?:usted|Añada|Compruebe|Confirme|Elija|Indique|Instale|Introduzca|Mire|Pida|Pulse|Restaure|Revise)\b"
    ),
    "it": re.compile(r"\b(?:Aggiunga|Confermi|Controlli|Inserisca|Liberi|Prema|Riprovi|Ripristini|Scelga)\b"),
    "nl": re.compile(r"\b(?:u|uw)\b"),
}


def faults(texts: Mapping[str, str], english: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with a translation."""
    if list(texts) != list(english):
        yield "other texts than the English ones, or in another order"
        return
    for path, text in texts.items():
        if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(english[path])):
            yield f"{path}: other placeholders"
        if not text.strip():
            yield f"{path}: empty"
        elif text == english[path] and len(text) >= SENTENCE_LETTERS:
            yield f"{path}: left in English"


def test_these_are_all_languages() -> None:
    assert set(LANGUAGES) == {"en", *TRANSLATED}


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_language_says_what_english_says(language: str) -> None:
    assert list(faults(dict(leaves(texts_in(language))), ENGLISH)) == []


@pytest.mark.parametrize("language", FORMAL)
def test_people_are_spoken_to_as_home_assistant_does(language: str) -> None:
    found = {path: text for path, text in leaves(texts_in(language)) if FORMAL[language].search(text)}
    assert found == {}


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        ({}, "other texts than the English ones, or in another order"),
        ({"/b": "", "/a": ""}, "other texts than the English ones, or in another order"),
        ({"/a": "Tür {door}", "/b": "x"}, "/a: other placeholders"),
        ({"/a": "Tür", "/b": "x"}, "/a: other placeholders"),
        ({"/a": "Tür {name}", "/b": "siehe `get_logs`"}, "/b: other placeholders"),
        ({"/a": "Tür {name}", "/b": "  "}, "/b: empty"),
        ({"/a": "Tür {name}", "/b": "A sentence that nobody has translated so far."}, "/b: left in English"),
    ],
)
def test_what_is_refused(texts: dict[str, str], fault: str) -> None:
    english = {"/a": "Door {name}", "/b": "A sentence that nobody has translated so far."}
    assert list(faults(texts, english)) == [fault]
