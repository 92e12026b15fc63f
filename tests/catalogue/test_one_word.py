"""One thing has one word, in every language: what owners see as a name is not called differently elsewhere."""

from collections.abc import Iterator, Mapping
from itertools import takewhile
import re
from typing import Any

import pytest

from .repository import LANGUAGES, texts_in

# Endings of adjectives, which follow the gender of what they are said of.
_ENDING = 2
# So much of a word stays the same in its cases.
_STEM = 5
# What English has one word for, and another language two: of people and of things.
TWO_WORDS = {("name", "ru"), ("name", "zh-Hans")}
# Where the panel says another thing by a word that is English for both: how a terminal takes somebody, a state beside
# *disabled*, and a lockdown that may be of some doors alone.
OTHERWISE = {
    ("config_panel", "differences", "enabled"),
    ("config_panel", "emergency", "lockdown"),
    ("config_panel", "people", "refused"),
}
# Settings that are entities, by what their field in an action is called otherwise.
_RENAMED = {"terminal_number": "device_id"}

Path = tuple[str, ...]


def texts(part: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every text with the keys that lead to it."""
    if isinstance(part, Mapping):
        for key, inner in part.items():
            yield from texts(inner, (*path, key))
    else:
        yield path, part


def is_name(path: Path) -> bool:
    """Return whether a text is what something is called."""
    match path[0]:
        case "entity":
            return True
        case "selector" | "device_automation":
            return "extra_fields_descriptions" not in path
        case "services" | "triggers" | "conditions":
            return path[-1] == "name"
        case "config" | "config_subentries" | "options":
            return "data" in path
    return False


TEXTS = {language: texts_in(language) for language in LANGUAGES}
ALL = {language: dict(texts(TEXTS[language])) for language in LANGUAGES}
NAMES = [path for path in ALL["en"] if is_name(path)]
_SAID = {ALL["en"][path].casefold() for path in NAMES}
OF_THE_PANEL = [
    path
    for path, said in ALL["en"].items()
    if path[0] == "config_panel" and said.casefold() in _SAID and path not in OTHERWISE
]


def is_one_word(one: str, other: str) -> bool:
    """Return whether two texts are the same but for the gender of their last word."""
    one, other = one.casefold(), other.casefold()
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return one == other or alike >= max(len(one), len(other)) - _ENDING > _ENDING


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_has_one_name_in_english_has_one_in_every_language(language: str) -> None:
    """Also in lists to choose from, where it is an entity's state, a field and an option, and in the panel."""
    known: dict[str, Path] = {}
    assert len(NAMES) > 500
    assert len(OF_THE_PANEL) > 50
    wrong = []
    for path in (*NAMES, *OF_THE_PANEL):
        name = ALL["en"][path].casefold()
        first = known.setdefault(name, path)
        if not is_one_word(ALL[language][first], ALL[language][path]) and (name, language) not in TWO_WORDS:
            wrong.append((name, "/".join(first), ALL[language][first], "/".join(path), ALL[language][path]))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_name_a_listener_as_its_field_does(language: str) -> None:
    name = ALL[language]["services", "add_person", "fields", "config_entry_id", "name"]
    stem = re.split(r"[ ']", name)[-1].casefold()[:_STEM]
    told = [path for path, said in ALL["en"].items() if "listener" in said.casefold()]
    assert len(told) > 30
    assert [ALL[language][path] for path in told if stem not in ALL[language][path].casefold()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_setting_is_called_the_same_as_an_entity_and_in_an_action(language: str) -> None:
    entities = {key: about["name"] for kind in TEXTS[language]["entity"].values() for key, about in kind.items()}
    checked = 0
    for action in ("set_settings", "set_access_settings"):
        for field, about in TEXTS[language]["services"][action]["fields"].items():
            key = _RENAMED.get(field, field)
            if field != "device_id" and key in entities:
                assert about["name"] == entities[key], field
                checked += 1
    assert checked > 15


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_can_be_chosen_differs_from_what_else_can_be(language: str) -> None:
    """In one list, and among the fields of one form."""
    lists: dict[Path, dict[str, Path]] = {}
    wrong = []
    for path in NAMES:
        if path[0] == "entity" and "state" not in path[:-1]:
            continue
        fields = path[:-1] if path[-1] != "name" else path[:-2]
        same = lists.setdefault(fields, {}).setdefault(ALL[language][path].casefold(), path)
        if same != path:
            wrong.append(("/".join(same), "/".join(path), ALL[language][path]))
    assert wrong == []


@pytest.mark.parametrize(
    ("one", "other", "is_it"),
    [("Desactivada", "Desactivado", True), ("Forzada", "Forzada", True), ("Kip", "Mod", False), ("Do", "Od", False)],
)
def test_only_an_ending_may_differ(one: str, other: str, is_it: bool) -> None:
    assert is_one_word(one, other) is is_it
