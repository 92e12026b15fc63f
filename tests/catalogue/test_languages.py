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
# How Home Assistant does not speak to people in these languages: words that only the other form of address has. A
# German sentence may begin with the pronoun of something else.
STRANGE = {
    "de": re.compile(r"(?<![.!?:] )(?<!^)(?<!\n)\b(?:Sie|Ihre?[mnr]?|Ihnen)\b|^Sie (?:dürfen|haben|können|müssen)\b"),
    "es": re.compile(r"\b(?:usted|[Ii]nténtelo|Elija|Introduzca|Compruebe|Añada|Instale|Revise|Vaya|[Dd]éjelo)\b"),
    "fr": re.compile(r"\b(?:tu|ton|tes|toi)\b"),
    "it": re.compile(r"\b(?:[Vv]oi|[Vv]ostr[aeio]|Scelga|Inserisca|Aggiunga|Prema|Riprovi|Controlli (?:se|la))\b"),
    "nl": re.compile(r"\b(?:[Uu]|[Uu]w)\b"),
    "pl": re.compile(r"\b(?:Pan|Pani|Państwa|Państwo)\b"),
    "zh-Hans": re.compile("你"),
}
ENGLISH = dict(leaves(TEXTS))


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


@pytest.mark.parametrize("language", STRANGE)
def test_people_are_spoken_to_as_home_assistant_does(language: str) -> None:
    assert {path: text for path, text in leaves(texts_in(language)) if STRANGE[language].search(text)} == {}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Prüfe es, bevor Sie gehen."),
        ("de", "Sie können es ändern."),
        ("es", "Nada ha cambiado. Inténtelo cuando vuelva."),
        ("it", "Prima lo scegliete voi."),
        ("nl", "Is het uw terminal?"),
    ],
)
def test_a_strange_form_of_address_is_found(language: str, text: str) -> None:
    assert STRANGE[language].search(text)
    assert not STRANGE["de"].search("Alle Einträge fehlen. Sie werden nicht wiederholt.")


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
