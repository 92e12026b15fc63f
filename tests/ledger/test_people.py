"""The roster: a list that is not complete takes nobody away."""

import asyncio
from copy import replace
from typing import Any

import pytest
from sqlalchemy.engine import URL

from custom_components.timmy_access.ledger import Ledger, LedgerInvalid, Person, Problem

from .support import PATIENT, PUNCH, SERIAL, running

OTHER = "ZX00000002"
ADA = Person(enroll_id=1, name="Ada", role=1, enabled=True, slots=(0, 11))
GRACE = Person(enroll_id=2, name="Grace 🚪", role=0, enabled=False, slots=())


async def roster(ledger: Ledger, serial: str = SERIAL) -> list[Person]:
    """Return who is known, without when that was learnt."""
    return [replace(person, updated_at=None) for person in await ledger.people(serial)]


async def test_complete_list_is_what_there_is(ledger: Ledger) -> None:
    await ledger.keep_people(SERIAL, [GRACE, ADA], complete=True)
    await ledger.keep_people(OTHER, [ADA], complete=True)
    assert await roster(ledger) == [ADA, GRACE]
    await ledger.keep_people(SERIAL, [GRACE], complete=True)
    assert await roster(ledger) == [GRACE]
    assert await roster(ledger, OTHER) == [ADA]
    await ledger.keep_people(SERIAL, [], complete=True)
    assert await roster(ledger) == []


async def test_partial_list_takes_nobody_and_no_slot_away(ledger: Ledger) -> None:
    await ledger.keep_people(SERIAL, [ADA, GRACE], complete=True)
    await ledger.keep_people(SERIAL, [Person(enroll_id=1, slots=(10,)), Person(enroll_id=3)], complete=False)
    assert await roster(ledger) == [replace(ADA, slots=(0, 10, 11)), GRACE, Person(enroll_id=3)]
    await ledger.keep_people(SERIAL, [], complete=False)
    assert len(await roster(ledger)) == 3


async def test_what_is_not_said_stays(ledger: Ledger) -> None:
    await ledger.keep_person(SERIAL, ADA, complete=True)
    await ledger.keep_person(SERIAL, Person(enroll_id=1, slots=(50,)), complete=False)
    await ledger.keep_person(SERIAL, Person(enroll_id=1, enabled=False), complete=True)
    assert await roster(ledger) == [replace(ADA, enabled=False, slots=(0, 11, 50))]
    await ledger.keep_person(SERIAL, Person(enroll_id=1, slots=(11,)), complete=True)
    assert await roster(ledger) == [replace(ADA, enabled=False, slots=(11,))]


async def test_credentials_of_one_person_come_one_by_one(ledger: Ledger) -> None:
    """As in a user list: a line a credential (specification B1)."""
    lines = [Person(enroll_id=1, role=1, slots=(slot,)) for slot in (11, 0, 11)]
    await ledger.keep_people(SERIAL, lines, complete=False)
    assert await roster(ledger) == [Person(enroll_id=1, role=1, slots=(0, 11))]
    await ledger.keep_people(SERIAL, [lines[0], lines[1]], complete=True)
    assert await roster(ledger) == [Person(enroll_id=1, role=1, slots=(0, 11))]


async def test_no_news_changes_nothing(ledger: Ledger) -> None:
    await ledger.keep_person(SERIAL, ADA, complete=True)
    before = await ledger.people(SERIAL)
    await ledger.keep_person(SERIAL, replace(ADA, slots=(11, 0)), complete=True)
    await ledger.keep_people(SERIAL, [ADA], complete=True)
    assert await ledger.people(SERIAL) == before
    await ledger.keep_person(SERIAL, replace(ADA, name="Ada L."), complete=True)
    [after] = await ledger.people(SERIAL)
    assert after.name == "Ada L."
    assert after.updated_at is not None
    assert before[0].updated_at is not None
    assert after.updated_at > before[0].updated_at


async def test_forgetting_keeps_the_records(ledger: Ledger) -> None:
    await ledger.keep(SERIAL, [PUNCH])
    await ledger.keep_people(SERIAL, [ADA, GRACE, Person(enroll_id=3)], complete=True)
    await ledger.keep_people(OTHER, [ADA], complete=True)
    assert await ledger.forget_person(SERIAL, 1) is True
    assert await ledger.forget_person(SERIAL, 1) is False
    assert await ledger.forget_people(SERIAL, [2, 7]) == 1
    assert await roster(ledger) == [Person(enroll_id=3)]
    assert await ledger.forget_people(SERIAL) == 1
    assert await ledger.forget_people("ZX9") == 0
    assert await roster(ledger, OTHER) == [ADA]
    assert await ledger.count() == {SERIAL: 1}


async def test_long_list(ledger: Ledger) -> None:
    crowd = [Person(enroll_id=number, slots=(0,)) for number in range(1, 2001)]
    await ledger.keep_people(SERIAL, crowd, complete=True)
    assert await roster(ledger) == crowd
    await ledger.keep_people(SERIAL, crowd[:300], complete=True)
    assert await roster(ledger) == crowd[:300]


async def test_names_are_made_to_fit(ledger: Ledger) -> None:
    await ledger.keep_person(SERIAL, Person(enroll_id=1, name="A\0" + "x" * 300), complete=True)
    [person] = await roster(ledger)
    assert person.name == "A�" + "x" * 253


async def test_several_homes_learn_the_same_people(url: URL) -> None:
    """Whoever comes second looks again, and finds what the first has written."""
    async with running(url, PATIENT) as one, running(url, PATIENT) as two, running(url, PATIENT) as three:
        for number in range(10):
            serial = f"ZX{number}"
            await asyncio.gather(*(home.keep_person(serial, ADA, complete=True) for home in (one, two, three)))
            assert await roster(one, serial) == [ADA]
        assert all(home.health.available for home in (one, two, three))


async def test_nobody_is_known_of_an_unknown_terminal(ledger: Ledger) -> None:
    assert await ledger.people("ZX9") == ()


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("enroll_id", 2**63, Problem.OUT_OF_RANGE),
        ("enroll_id", "1", Problem.NOT_A_NUMBER),
        ("role", 1.5, Problem.NOT_A_NUMBER),
        ("name", 7, Problem.NOT_A_TEXT),
        ("slots", (100,), Problem.OUT_OF_RANGE),
        ("slots", ("0",), Problem.OUT_OF_RANGE),
        ("slots", tuple(range(81)), Problem.TOO_MANY),
    ],
)
def test_bad_person_is_refused(field: str, value: Any, problem: Problem) -> None:
    with pytest.raises(LedgerInvalid) as caught:
        replace(ADA, **{field: value})
    assert (caught.value.field, caught.value.problem) == (field, problem)


async def test_too_many_people_are_refused(file_ledger: Ledger) -> None:
    with pytest.raises(LedgerInvalid) as caught:
        await file_ledger.keep_people(SERIAL, [ADA] * 250_001, complete=False)
    assert (caught.value.field, caught.value.problem) == ("people", Problem.TOO_MANY)
    with pytest.raises(LedgerInvalid):
        await file_ledger.forget_person(SERIAL, 2**63)
