"""Every language says everything, and nothing else than the others."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "custom_components" / "timmy_access" / "translations"
LANGUAGES = ("de", "es", "fr", "id", "it", "nl", "pl", "pt-BR", "ru", "tr", "vi", "zh-Hans")
PLACEHOLDER = re.compile(r"\{\w+\}|`[^`]+`|https?://\S+")
# Texts this long are sentences; no two languages have the same.
SENTENCE_LETTERS = 40


def texts(language: str) -> dict[str, str]:
    """Return all texts by their paths, in the order of the file."""
    return dict(_flat(json.loads((FOLDER / f"{language}.json").read_text()), ""))


def _flat(node: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield path, node
        return
    for key, value in node.items():
        yield from _flat(value, f"{path}/{key}")


ENGLISH = texts("en")


def test_these_are_all_languages() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {"en", *LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_complete_and_in_the_same_order(language: str) -> None:
    assert list(texts(language)) == list(ENGLISH)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_filled_in_is_the_same(language: str) -> None:
    for path, text in texts(language).items():
        assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(ENGLISH[path])), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_empty_or_left_in_english(language: str) -> None:
    for path, text in texts(language).items():
        assert text == text.strip() != "", path
        assert text != ENGLISH[path] or len(text) < SENTENCE_LETTERS, path
