"""A table of people is taken as it is written, or refused cell by cell."""

from copy import replace
import csv
from datetime import UTC, datetime
import io
from itertools import count
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.timmy_access.house.arrivals import Contents
from custom_components.timmy_access.house.changes import with_credential, with_people, with_terminal, without_person
from custom_components.timmy_access.house.credentials import HouseCredential
from custom_components.timmy_access.house.errors import HouseInvalid, Problem
from custom_components.timmy_access.house.household import Household
from custom_components.timmy_access.house.importing import MAX_FAULTS, Importing, importing, safe_cell, text_of
from custom_components.timmy_access.protocol.peer import is_printable

from .households import FRONT, HOUSE, NAMES, NOW


def mark(slot: int, contents: Contents) -> bytes:
    return f"{slot} {contents}".encode()


def imported(text: str, house: Household = HOUSE, **changes: Any) -> Importing:
    ids = (f"i{number}" for number in count(1))
    return importing(house, text, ids, **{"zone": UTC, "mark": mark, **changes})


def faults(text: str, house: Household = HOUSE, **changes: Any) -> list[tuple[int, str, Problem]]:
    return [(fault.row, fault.column, fault.error.problem) for fault in imported(text, house, **changes).faults]


def test_a_table_as_a_spreadsheet_writes_it() -> None:
    text = (
        "Name;Number;Card;PIN;Valid from;Valid until;Groups;Note\r\n"
        'Zoë;;1234567;4711;2026-12-01;2026-12-31;family;"two\r\nlines"\r\n'
        ";;;;;;;\r\n"
        "Ada;1;;;;;Family;\r\n"
        "Eve;2;;;;;;new note\r\n"
        "Max;77;;;2026-12-01 08:30;;;\r\n"
        "Kim\r\n"
    )
    result = imported(text, taken=frozenset({40}))
    assert result.faults == ()
    assert [(it.person.name, it.person.enroll_id, it.person.person_id) for it in result.added] == [
        ("Zoë", 78, "i1"),
        ("Max", 77, "i2"),
        ("Kim", 79, "i3"),
    ]
    zoe, max_, _ = (it.person for it in result.added)
    assert result.added[0].secrets == {11: 1234567, 10: 4711}
    assert (zoe.valid_from, zoe.valid_until) == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert (zoe.groups, zoe.note) == (frozenset({"family"}), "two\nlines")
    assert max_.valid_from == datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
    assert [(it.person.person_id, it.person.note) for it in result.changed] == [("p2", "new note")]
    assert result.unchanged == 1
    assert "1234567" not in repr(result)
    assert "4711" not in repr(result)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [(1, "name", Problem.COLUMN)]),
        ("number\n1\n", [(1, "name", Problem.COLUMN)]),
        ("name,surname\nx,y\n", [(1, "surname", Problem.COLUMN)]),
        ("name,name\nx,y\n", [(1, "name", Problem.COLUMN)]),
        ('name\n"x\n', [(1, "file", Problem.NOT_A_TABLE)]),
        ("name,card\nx,1,2\n", [(2, "file", Problem.NOT_A_TABLE)]),
        ("name,card\n=1+1,12a\n", [(2, "name", Problem.FORMULA), (2, "card", Problem.NOT_A_NUMBER)]),
        ("name,card\nx,1.2E+10\ny,\u0661\n", [(2, "card", Problem.NOT_A_NUMBER), (3, "card", Problem.NOT_A_NUMBER)]),
        ('name,card\nx,"=""001"""\n', [(2, "card", Problem.NOT_A_NUMBER)]),
        ("name,card\nx,0\n", [(2, "card", Problem.OUT_OF_RANGE)]),
        (
            "name,pin\nx,0815\ny,123456789\n",
            [(2, "pin", Problem.PIN_BEGINS_WITH_ZERO), (3, "pin", Problem.OUT_OF_RANGE)],
        ),
        ('name\n"two\nlines"\n', [(2, "name", Problem.NOT_A_TEXT)]),
        ("name\n\x00x\n", [(2, "name", Problem.NOT_A_TEXT)]),
        (f"name\n{'ü' * 40}\n", [(2, "name", Problem.TOO_LONG)]),
        ("name,number\n,5\n", [(2, "name", Problem.EMPTY)]),
        ("number,name\n5\n", [(2, "name", Problem.EMPTY)]),
        ("name,number\nx,0\n", [(2, "number", Problem.OUT_OF_RANGE)]),
        ("name,number\nZoe,1\n", [(2, "number", Problem.NUMBER_IN_USE)]),
        ("name,number\nx,5\ny,5\n", [(3, "number", Problem.NUMBER_IN_USE)]),
        ("name,number,note\nAda,1,a\nAda,1,b\n", [(3, "number", Problem.NUMBER_IN_USE)]),
        ("name,number\nAda,1\nAda,1\n", [(3, "number", Problem.NUMBER_IN_USE)]),
        ("name\nADA\n", [(2, "name", Problem.NAME_IN_USE)]),
        ("name\nx\nX\n", [(3, "name", Problem.NAME_IN_USE)]),
        ("name,card\nx,5\ny,5\n", [(3, "card", Problem.CARD_IN_USE)]),
        ("name,pin\nx,5\ny,5\n", [(3, "pin", Problem.PIN_IN_USE)]),
        ("name,groups\nx,family;staff\n", [(2, "groups", Problem.NOT_KNOWN)]),
        ("name,valid_until\nx,31.12.2026\n", [(2, "valid_until", Problem.NOT_A_DATE)]),
        ("name,valid_until\nx,9999-12-31\n", [(2, "valid_until", Problem.NOT_A_DATE)]),
        ("name,valid_from,valid_until\nx,2026-12-02,2026-12-01\n", [(2, "valid_until", Problem.ENDS_BEFORE)]),
        ('name,note\nx,"two\nlines"\n=y,\n', [(4, "name", Problem.FORMULA)]),
    ],
)
def test_what_is_wrong_is_named_by_row_and_column(text: str, found: list[tuple[int, str, Problem]]) -> None:
    assert faults(text) == found
    assert imported(text).added == ()


def test_who_has_a_card_is_told() -> None:
    house = with_credential(
        HOUSE, HouseCredential(person_id="p1", slot=11, revision="r", sealed=b"x", mark=mark(11, 7))
    )
    [fault] = imported("name,card\nx,7\n", house).faults
    assert (fault.error.problem, fault.error.placeholders) == (Problem.CARD_IN_USE, {"holder": "Ada"})
    assert imported("name,number,card\nAda,1,7\n", house).faults == ()


def test_two_of_a_name_are_two_people() -> None:
    namesake = replace(HOUSE.people["p1"], person_id="p9", enroll_id=9)
    house = with_people(HOUSE, [namesake], same_name=True)
    assert faults("name,number,card\nAda,1,7\nAda,9,7\n", house) == [(3, "card", Problem.CARD_IN_USE)]
    assert len(imported("name,number,card\nAda,1,7\nAda,9,8\n", house).changed) == 2


def test_the_number_of_who_has_just_left_is_not_free() -> None:
    house = without_person(with_terminal(HOUSE, FRONT, kept=True), "p1", NOW)
    assert faults("name,number\nx,1\n", house) == [(2, "number", Problem.NUMBER_NOT_FREE_YET)]


def test_without_a_vault_nothing_is_kept_that_is_secret() -> None:
    assert faults("name,card\nx,\ny,5\n", mark=None) == [(3, "card", Problem.VAULT_CLOSED)]


def test_another_file_is_not_told_line_by_line() -> None:
    assert len(faults("name\n" + "=x\n" * 1000)) == MAX_FAULTS


@pytest.mark.parametrize(
    ("content", "encoding"),
    [("näme".encode("utf-8-sig"), None), ("näme".encode(), None), ("näme".encode("utf-16"), None),
     ("näme".encode("cp1252"), "cp1252")],
)  # fmt: skip
def test_an_encoding_that_can_be_read(content: bytes, encoding: str | None) -> None:
    assert text_of(content, encoding) == "näme"


@pytest.mark.parametrize(
    ("content", "encoding"), [("ä".encode("cp1252"), None), (b"a", "no such thing"), (b"a", "a\0b")]
)
def test_an_encoding_is_never_guessed(content: bytes, encoding: str | None) -> None:
    with pytest.raises(HouseInvalid) as caught:
        text_of(content, encoding)
    assert (caught.value.field, caught.value.problem) == ("encoding", Problem.ENCODING)


# Persian with a joiner that is none, Sinhala with one, an ideographic and an unbroken space, at an edge too.
SCRIPTS = ("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "ශ්\u200dරී", "山田\u3000太郎", "Ada\u00a0Lovelace", "\u200dA")


@pytest.mark.parametrize("name", SCRIPTS)
def test_names_of_all_scripts_are_taken_as_they_are(name: str) -> None:
    result = imported(f"name,note\n{name},{name}\n")
    assert result.faults == ()
    assert [(it.person.name, it.person.note) for it in result.added] == [(name, name)]


@pytest.mark.parametrize("sign", ["\0", "\a", "\x7f", "\u200b", "\u202e", "\ufeff"])
def test_what_nobody_sees_is_no_name(sign: str) -> None:
    assert faults(f"name\nA{sign}da\n") == [(2, "name", Problem.NOT_A_TEXT)]


@given(
    st.lists(
        (NAMES | st.sampled_from(SCRIPTS)).filter(is_printable).map(str.strip),
        max_size=6,
        unique_by=lambda name: name.casefold(),
    )
)
def test_names_that_were_written_safely_come_back(names: list[str]) -> None:
    written = io.StringIO()
    csv.writer(written).writerows([["name"], *([safe_cell(name)] for name in names)])
    assert not any(line.startswith(("=", "+", "-", "@")) for line in written.getvalue().splitlines())
    result = imported(written.getvalue(), Household())
    if not result.faults:  # names that are the same to people are refused
        assert [it.person.name for it in result.added] == names
        assert len(with_people(Household(), [it.person for it in result.added]).people) == len(names)
    assert {fault.error.problem for fault in result.faults} <= {Problem.NAME_IN_USE}
