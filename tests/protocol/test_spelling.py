"""A reply means the same however its keys and words are spelt, and whatever shape its lists have (field notes 11)."""

from collections.abc import Callable, Mapping
import json
from typing import Any

import pytest

from custom_components.timmy_access.protocol.codec import decode
from custom_components.timmy_access.protocol.commands import COMMANDS
from custom_components.timmy_access.protocol.commands.access import AccessSettings
from custom_components.timmy_access.protocol.commands.holidays import HolidayPage
from custom_components.timmy_access.protocol.commands.questionnaire import Questionnaire
from custom_components.timmy_access.protocol.messages import Registration
from custom_components.timmy_access.protocol.table import Table
from custom_components.timmy_access.protocol.wire import Structure

from .support import load

REPLIES = {
    line["id"]: line["frame"]
    for line in load("frames.jsonl")
    if line["from"] == "terminal" and line["frame"].get("ret") in COMMANDS and line["kind"] == "success"
}

type Respelt = Callable[[Any], Any]


def each_key(spell: Callable[[str], str]) -> Respelt:
    def _respelt(value: Any) -> Any:
        if isinstance(value, dict):
            return {spell(key): _respelt(item) for key, item in value.items()}
        return [_respelt(item) for item in value] if isinstance(value, list) else value

    return _respelt


def numbers_as_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: numbers_as_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [numbers_as_texts(item) for item in value]
    return f" {value} " if type(value) in (int, bool) else value


SPELLINGS: dict[str, Respelt] = {
    "upper": each_key(str.upper),
    "title": each_key(str.title),
    "spaces": each_key(lambda key: f" {key}\t"),
    "numbers": numbers_as_texts,
    "word": lambda frame: {**frame, "ret": f" {frame['ret'].upper()}\n"},
    "in a list": lambda frame: {
        key: value if key == "ret" or not isinstance(value, dict) else [value] for key, value in frame.items()
    },
}


def meaning(said: Any) -> Any:
    """Return what a structure says; what nobody reads keeps its spelling."""
    if isinstance(said, Structure):
        return {name: meaning(value) for name, value in vars(said).items() if name not in ("extra", "unread")}
    return [meaning(item) for item in said] if isinstance(said, Table | tuple) else said


def read(frame: Mapping[str, Any]) -> Any:
    said = decode(json.dumps(frame))
    return meaning(COMMANDS[said["ret"]].reply.parse(said))


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("frame", REPLIES.values(), ids=REPLIES)
def test_a_reply_means_the_same(frame: dict[str, Any], spelling: Respelt) -> None:
    if spelling is numbers_as_texts and frame["ret"] in ("getuserinfo", "getuserlock"):
        frame = {key: value for key, value in frame.items() if key != "record"}  # is passed on as it is
    assert read(spelling(frame)) == read(frame)


@pytest.mark.parametrize("spell", [str.upper, str.title, "{} ".format, "\t{}".format])
@pytest.mark.parametrize("shape", [lambda info: info, lambda info: [info]], ids=["object", "list"])
def test_a_registration_means_the_same(spell: Callable[[str], str], shape: Respelt) -> None:
    info = {"modelname": "x", "usedlog": 5, "time": "2026-11-27 08:00:00", "mac": "00-01"}
    plain = Registration.parse({"cmd": "reg", "sn": "ZX1", "devinfo": info})
    respelt = each_key(spell)({"sn": "ZX1", "devinfo": shape(info)})
    assert meaning(Registration.parse(decode(json.dumps({"cmd": "reg", **respelt})))) == meaning(plain)


ZONES = {"day": [{"section": "06:00~07:00"}]}
WEEK = {"week": [{"day": number} for number in range(1, 8)]}
HOLIDAY = {"name": "New year", "startday": "01-01", "endday": "01-01", "shift": 0, "dayzone": 2}


@pytest.mark.parametrize(
    ("key", "field", "said", "meant"),
    [
        ("dayzone", "day_zones", ZONES, (("06:00~07:00",),)),
        ("dayzone", "day_zones", [{"day": {"section": " 06:00~07:00 "}}], (("06:00~07:00",),)),
        ("dayzone", "day_zones", {"0": ZONES, "1": {"DAY": []}}, (("06:00~07:00",), ())),
        ("dayzone", "day_zones", "", ()),
        ("weekzone", "week_zones", WEEK, ((1, 2, 3, 4, 5, 6, 7),)),
        ("weekzone", "week_zones", [{"Week ": [1, "2", {"DAY": 3}]}], ((1, 2, 3),)),
        ("lockgroup", "combinations", {"group": 119}, (119,)),
        ("lockgroup", "combinations", [119, "12"], (119, 12)),
        ("nopentime", "normally_open", [{"day": 1}] * 7, (1,) * 7),
    ],
)
def test_lists_of_settings_have_any_shape(key: str, field: str, said: object, meant: object) -> None:
    assert getattr(AccessSettings.parse({key: said}), field) == meant


@pytest.mark.parametrize(
    "said",
    [
        [{"week": [{"day": 1}]}, None],
        [{"week": [{"day": 1}]}, {"weak": [{"day": 1}]}],
        [{"week": [{"day": 1}, {"day": "x"}, {"day": 3}]}],
        [{"week": [{"day": 1}, {}, {"day": 3}]}],
        "x",
    ],
)
def test_nothing_moves_into_the_place_of_what_cannot_be_read(said: object) -> None:
    """The second week zone would be the first, Tuesday's hours Monday's."""
    settings = AccessSettings.parse({"weekzone": said})
    assert settings.week_zones is None
    assert settings.extra == {"weekzone": said}


@pytest.mark.parametrize("shape", [dict, lambda one: [one], lambda one: {"0": one}, lambda one: json.dumps([one])])
@pytest.mark.parametrize("key", ["holidays", "Holidays ", "HOLIDAYS"])
def test_holidays_have_any_shape(shape: Respelt, key: str) -> None:
    page = HolidayPage.parse({key: shape(HOLIDAY)})
    [holiday] = page.rows
    assert (holiday.name, holiday.day_zone) == ("New year", 2)
    assert not page.misread


@pytest.mark.parametrize("said", ["x", [HOLIDAY, 5], [HOLIDAY, None], [{**HOLIDAY, "dayzone": "x"}], 7])
def test_a_holiday_that_cannot_be_read_is_missed(said: object) -> None:
    assert HolidayPage.parse({"holidays": said}).misread


@pytest.mark.parametrize("said", ["in", ["in"], {"0": "in"}])
def test_items_of_a_questionnaire_have_any_shape(said: object) -> None:
    assert Questionnaire.parse({"items": said}).items == ("in",)
