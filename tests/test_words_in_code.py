"""No text that a person reads stands in the code: errors, names and issues are translations, and those exist."""

import ast
from collections.abc import Iterator
from functools import cache
import json
from pathlib import Path
import re
from typing import Any

import pytest

INTEGRATION = Path(__file__).resolve().parent.parent / "custom_components" / "timmy_access"
TEXTS = json.loads((INTEGRATION / "translations" / "en.json").read_text())
# What Home Assistant shows people.
ERRORS = {
    "ConfigEntryAuthFailed",
    "ConfigEntryError",
    "ConfigEntryNotReady",
    "HomeAssistantError",
    "ServiceValidationError",
    "UpdateFailed",
}
# What an entity is called, and what is filled into texts.
NAMES = {"_attr_name", "_attr_title", "default_name", "friendly_name"}
PLACEHOLDERS = {"description_placeholders", "placeholders", "translation_placeholders"}
# What is read to people or put before them, in whatever it is called with.
SAID = {"async_set_error", "async_set_speech", "async_create_notification", "persistent_notification"}
# What Home Assistant shows above a form, an entry or a message, and what a response says in words.
TITLES = {"sidebar_title", "title"}
ANSWERS = {"error", "message", "title"}
# What a language model is told, which tells people in their own words.
FOR_MACHINES = {"llm.py"}
# What we are called, in every language.
OUR_NAME = "Timmy Access"
# What exceptions are called where they are caught.
CAUGHT = {"err", "error", "exc", "exception"}
# A field as data calls it, where people read its label.
KEY_IN_FRONT = re.compile(r"[a-z_]+: ")
# What no owner calls anything.
PROGRAMMERS = {"backupnum", "bool", "boolean", "commit", "filename", "integer", "null", "payload", "slot"}
# What becomes an error in words on its way to people (`services.checking`).
KEYED = {"FieldInvalid"}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls in a file, by the last part of what is called."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            yield name, node


def sources() -> list[Path]:
    return sorted(path for path in INTEGRATION.rglob("*.py") if "dist" not in path.parts)


def faults(path: Path) -> Iterator[str]:
    for name, call in calls(path):
        given = {keyword.arg for keyword in call.keywords}
        where = f"{path.name}:{call.lineno}: {name}"
        if name in ERRORS and (call.args or not {"translation_domain", "translation_key"} <= given):
            yield f"{where} has a text of its own"
        if name in KEYED and not (call.args and isinstance(call.args[0], ast.Constant)):
            yield f"{where} has no key"
        if name in KEYED and call.args and call.args[0].value not in TEXTS["exceptions"]:  # type: ignore[attr-defined]
            yield f"{where}: no text for {ast.unparse(call.args[0])}"
        if name == "async_create_issue" and "translation_key" not in given:
            yield f"{where} has a text of its own"
        if name.endswith("EntityDescription") and "name" in given:
            yield f"{where} has a name of its own"
        if name in SAID and any(map(is_text, (*call.args, *(keyword.value for keyword in call.keywords)))):
            yield f"{where} has a text of its own"
        if any(keyword.arg in TITLES and is_sentence(keyword.value) for keyword in call.keywords):
            yield f"{where} has a title of its own"
    yield from names(path)
    yield from foreign_words(path)
    if path.name not in FOR_MACHINES:
        yield from filled_words(path)


def filled_words(path: Path) -> Iterator[str]:
    """Yield where English words are filled into a text, or are part of what an action or a page is answered."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.keyword) and node.arg in PLACEHOLDERS:
            filled = [value for part in ast.walk(node.value) if isinstance(part, ast.Dict) for value in part.values]
        elif isinstance(node, ast.Dict):
            keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
            filled = [value for key, value in zip(keys, node.values, strict=True) if key in ANSWERS]
        else:
            continue
        yield from (f"{path.name}:{value.lineno}: words of its own" for value in filled if is_sentence(value))


def is_sentence(node: ast.expr) -> bool:
    """Return whether an expression has words with spaces between or around them, other than our name."""
    formats = {
        inner
        for part in ast.walk(node)
        if isinstance(part, ast.FormattedValue) and part.format_spec is not None
        for inner in ast.walk(part.format_spec)
    }
    parts = (part for part in ast.walk(node) if isinstance(part, ast.Constant) and part not in formats)
    texts = [part.value for part in parts if isinstance(part.value, str)]
    rest = [text.replace(OUR_NAME, "").strip("( )") if OUR_NAME in text else text for text in texts]
    return any(" " in text and any(map(str.isalpha, text)) for text in rest)


def foreign_words(path: Path) -> Iterator[str]:
    """Yield where the words of an exception, which are English, are filled into a text for people."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.keyword) and node.arg in PLACEHOLDERS:
            filled, given = node.arg, node.value
        elif isinstance(node, (ast.Assign, ast.AugAssign)):
            filled = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
            given = node.value
        else:
            continue
        if filled.rpartition(".")[2] in PLACEHOLDERS and any(map(says_itself, ast.walk(given))):
            yield f"{path.name}:{given.lineno}: the words of an exception"


def says_itself(node: ast.AST) -> bool:
    """Return whether a part of an expression is what an exception says of itself."""
    if isinstance(node, ast.Attribute):
        return node.attr == "strerror"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"str", "repr"}:
        return any(ast.unparse(part) in CAUGHT for part in node.args)
    return isinstance(node, ast.FormattedValue) and ast.unparse(node.value) in CAUGHT


def names(path: Path) -> Iterator[str]:
    """Yield where an entity or a device is given a name that is no translation."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.keyword) and node.arg in NAMES and is_text(node.value):
            yield f"{path.name}:{node.value.lineno}: a name of its own"
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and is_text(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(ast.unparse(target).rpartition(".")[2] in NAMES for target in targets):
                yield f"{path.name}:{node.lineno}: a name of its own"


def is_text(node: ast.expr | None) -> bool:
    """Return whether an expression has words in it."""
    return node is not None and any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) and any(map(str.isalpha, part.value))
        for part in ast.walk(node)
    )


def test_what_people_read_is_translated() -> None:
    assert [fault for path in sources() for fault in faults(path)] == []


def test_errors_name_fields_by_their_labels() -> None:
    said = {key: about["message"] for key, about in TEXTS["exceptions"].items()}
    assert [key for key, text in said.items() if "{field}" in text or KEY_IN_FRONT.match(text)] == []


def test_no_error_has_the_key_of_a_field_or_a_word_of_programs_in_another_language() -> None:
    """What stands untranslated in all of them is a key that was copied, such as `filename`, and no word of theirs."""
    keys = {key for about in TEXTS["services"].values() for key in about.get("fields", {})}
    found: dict[str, int] = {}
    others = [path for path in sorted((INTEGRATION / "translations").glob("*.json")) if path.stem != "en"]
    for path in others:
        texts = json.loads(path.read_text())
        said = " ".join(about["message"] for about in texts["exceptions"].values())
        bare = re.sub(r"\{\w+\}|/[\w-]+", " ", said)
        for word in {*re.findall(r"(?<![\w.])[a-z_]+(?![\w.])", bare, re.ASCII)} & (keys | PROGRAMMERS):
            found[word] = found.get(word, 0) + 1
    copied = {word for word, count in found.items() if count > len(others) / 2 or word in PROGRAMMERS}
    assert copied == {"terminal"}  # which is a word of theirs


def test_no_text_has_a_word_of_programmers() -> None:
    """A person reads *fingerprint*, *which one*, *writing*: not what these are called in a program or a database."""
    parts = ("config", "config_subentries", "exceptions", "issues", "options", "selector", "services", "config_panel")
    words = {
        word: part for part in parts for text in leaves(TEXTS[part]) for word in re.findall(r"[a-z]+", text.lower())
    }
    assert {word: part for word, part in words.items() if word in PROGRAMMERS} == {}


def leaves(texts: Any) -> Iterator[str]:
    """Yield all texts of a tree of them."""
    if isinstance(texts, str):
        yield re.sub(r"\{\w+\}", " ", texts)
    else:
        for inner in texts.values():
            yield from leaves(inner)


def test_every_key_of_an_error_has_a_text() -> None:
    keys = {
        (path.name, keyword.value.value)
        for path in sources()
        for name, call in calls(path)
        if name in ERRORS
        for keyword in call.keywords
        if keyword.arg == "translation_key" and isinstance(keyword.value, ast.Constant)
    }
    assert keys
    assert {(name, key) for name, key in keys if key not in TEXTS["exceptions"]} == set()


@pytest.mark.parametrize(
    "line",
    [
        'raise HomeAssistantError("The door is shut")',
        'raise exceptions.ServiceValidationError(f"{door} is shut")',
        'raise HomeAssistantError(translation_key="shut")',
        '_attr_name = "Door"',
        '_attr_name: str | None = "Door"',
        'self._attr_name = f"Door {number}"',
        'Description(default_name="Door")',
        'SensorEntityDescription(key="door", name="Door")',
        'ir.async_create_issue(hass, DOMAIN, "shut", is_fixable=False)',
        'raise HomeAssistantError(translation_domain=A, translation_key=B, placeholders={"error": str(err)})',
        'placeholders = {"error": err.strerror}',
        'placeholders |= {"error": f"{error}"}',
        'async_raise(hass, "shut", placeholders={"error": error.strerror or "?"})',
        'async_raise(hass, "shut", placeholders={"door": f"door {number}"})',
        'async_raise(hass, "shut", placeholders={"door": name or "a door"})',
        'response.async_set_speech("Opened")',
        'persistent_notification.async_create(hass, text, title=f"Door {number} is shut")',
        'flow.async_create_entry(title="A new door", data=data)',
        'answer = {"error": f"{door} is shut"}',
    ],
)
def test_a_text_in_the_code_is_found(tmp_path: Path, line: str) -> None:
    file = tmp_path / "bad.py"
    file.write_text(line + "\n")
    assert len(list(faults(file))) == 1


def test_what_is_no_text_is_not_found(tmp_path: Path) -> None:
    file = tmp_path / "good.py"
    file.write_text(
        "_attr_name = None\n"
        'placeholders = {"name": terminal.name}\n'
        'async_raise(hass, "shut", placeholders={"until": f"{until:%Y-%m-%d %H:%M}"})\n'
        'flow.async_create_entry(title=f"Timmy Access ({port})", data=data)\n'
        'LOGGER.warning("%s cannot be written: %s", path, err)\n'
        'raise HomeAssistantError(translation_domain=DOMAIN, translation_key="shut", translation_placeholders=facts)\n'
    )
    assert list(faults(file)) == []
