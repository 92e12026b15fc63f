"""No text that a person reads stands in the code: errors, names and issues are translations, and those exist."""

import ast
from collections.abc import Iterator
import json
from pathlib import Path
import re

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
# A field as data calls it, where people read its label.
KEY_IN_FRONT = re.compile(r"[a-z_]+: ")
# What becomes an error in words on its way to people (`services.checking`).
KEYED = {"FieldInvalid"}


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls in a file, by the last part of what is called."""
    for node in ast.walk(ast.parse(path.read_text())):
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
    yield from names(path)


def names(path: Path) -> Iterator[str]:
    """Yield where an entity or a device is given a name that is no translation."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for target in node.targets:
                if ast.unparse(target).endswith("_attr_name"):
                    yield f"{path.name}:{node.lineno}: a name of its own"


def test_what_people_read_is_translated() -> None:
    assert [fault for path in sources() for fault in faults(path)] == []


def test_errors_name_fields_by_their_labels() -> None:
    said = {key: about["message"] for key, about in TEXTS["exceptions"].items()}
    assert [key for key, text in said.items() if "{field}" in text or KEY_IN_FRONT.match(text)] == []


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


def test_a_text_in_the_code_is_found(tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text('raise HomeAssistantError("The door is shut")\nclass A:\n    _attr_name = "Door"\n')
    assert len(list(faults(file))) == 2
