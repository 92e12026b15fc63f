"""The fixture frames, and what it means that reading a frame loses nothing."""

from collections.abc import Mapping
from datetime import date, datetime
import json
from pathlib import Path
from typing import Any

from custom_components.timmy_access.protocol.commands import COMMANDS, Reply
from custom_components.timmy_access.protocol.kinds import Kind
from custom_components.timmy_access.protocol.messages import MESSAGES, Photo, Registration, Temperature
from custom_components.timmy_access.protocol.table import Table
from custom_components.timmy_access.protocol.wire import Structure, wire_fields

FIXTURES = Path(__file__).parents[1] / "fixtures"

# Kinds that give a value in one form whatever form it was sent in; their own tests say how.
NORMALISING = (Photo, Temperature)


def load(name: str) -> list[dict[str, Any]]:
    lines = (FIXTURES / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def parse(frame: Mapping[str, Any]) -> Structure:
    """Read what a terminal sent as the thing it is."""
    word = frame.get("ret") or frame["cmd"]
    if "ret" not in frame and word in MESSAGES:
        return MESSAGES[word].parse(frame)
    command = COMMANDS.get(word)
    return (command.reply if command else Reply).parse(frame)


def assert_lossless(structure: Structure, frame: Mapping[str, Any]) -> None:
    """Every key is in `extra` unchanged or in a field that says the same."""
    fields = {
        candidate: (name, kind)
        for name, key, kind, aliases in wire_fields(type(structure))
        for candidate in (key, *aliases)
    }
    for key, sent in frame.items():
        if key in structure.extra:
            assert structure.extra[key] == sent, key
        elif key in fields:
            name, kind = fields[key]
            _assert_same(kind, getattr(structure, name), sent)
        else:
            assert isinstance(structure, Registration), key
            assert_lossless(structure.info, {key: sent})


def _assert_same(kind: Kind[Any], value: object, sent: object) -> None:
    if isinstance(value, Structure):
        assert isinstance(sent, dict)
        assert_lossless(value, sent)
    elif isinstance(value, Table) or (isinstance(value, tuple) and value and isinstance(value[0], Structure)):
        assert isinstance(sent, list)
        for item, sent_item in zip(value, sent, strict=True):
            _assert_same(kind, item, sent_item)
    elif isinstance(value, tuple):
        assert json.dumps(_unpacked(value)) == json.dumps(_unpacked(sent))
    elif isinstance(value, datetime):
        assert value.isoformat(" ") == str(sent).replace("T", " ")
    elif isinstance(value, date):
        assert value.isoformat() == sent
    elif isinstance(kind, NORMALISING):
        assert value == kind.read(sent)
    elif isinstance(value, int | float) and isinstance(sent, str):
        assert value == float(sent)
    else:
        assert value == sent


def _unpacked(value: object) -> object:
    """Lists of lists, without the objects of one key in between."""
    if isinstance(value, list | tuple):
        return [_unpacked(item) for item in value]
    if isinstance(value, dict):
        (only,) = value.values()
        return _unpacked(only)
    return value
