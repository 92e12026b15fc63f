"""Two houses in one database: what is done for one leaves the other as it is."""

from collections.abc import Awaitable, Callable
from copy import replace
from datetime import UTC, datetime, timedelta
import inspect
from typing import Any

import pytest

from custom_components.timmy_access.ledger import (
    Correction,
    Decider,
    HouseChange,
    HouseItem,
    HouseKind,
    Ledger,
    Part,
    Pass,
    PassUse,
    Person,
    RecordFilter,
    Tally,
    Told,
    UnreadFrame,
)

from .support import NOON, NOW, PUNCH, everything, punch

OURS, THEIRS = "ZX00000001", "ZX00000002"
FILTER = RecordFilter(serials=[OURS])
# Both houses call everything by the same ids.
ADA = HouseItem(kind=HouseKind.PERSON, key=("ada",), document={"name": "Ada"})
ITEMS = (
    ADA,
    HouseItem(kind=HouseKind.GROUP, key=("family",), document={"name": "Family"}),
    HouseItem(kind=HouseKind.CREDENTIAL, key=("ada", 11), document={"revision": "r"}, sealed=b"sealed"),
    HouseItem(kind=HouseKind.PLACEMENT, key=(OURS, 17), document={"person": "ada"}),
    HouseItem(kind=HouseKind.TOMBSTONE, key=(OURS, 18), document={"name": "Eve"}),
    HouseItem(kind=HouseKind.TERMINAL, key=(OURS,), document={"kept": True}),
)
ADDED = HouseChange(changed_at=NOW, person_id="ada", document={"action": "added"})
PASS = Pass(id="p", code_hash=b"x" * 32, name="Guest", document={}, created_at=NOW)


def correction(serial: str, reason: str, at: datetime = NOW + timedelta(minutes=30)) -> Correction:
    return Correction(serial=serial, enroll_id=17, at=at, reason=reason, made_at=NOW)


def unread(of: str) -> UnreadFrame:
    return UnreadFrame(word="sendlog", frame={"of": of}, received_at=NOW)


async def exported_as(ledger: Ledger) -> list[str]:
    def serials(part: Part) -> list[str]:
        return [part.serials[Told(*row).terminal] for row in part.rows]

    return [serial async for part in ledger.export_as(serials, FILTER) for serial in part]


async def exported(ledger: Ledger) -> list[str]:
    return [record.serial async for record in ledger.export(FILTER)]


async def of_records(ledger: Ledger) -> list[str]:
    return [record.serial for record in (await ledger.records(FILTER)).records]


# What changes something, for our house.
CHANGES: dict[str, Callable[[Ledger], Awaitable[Any]]] = {
    "add_punch": lambda ledger: ledger.add_punch(correction(OURS, "again", NOW + timedelta(hours=1))),
    "forget_people": lambda ledger: ledger.forget_people(OURS),
    "forget_person": lambda ledger: ledger.forget_person(OURS, 17),
    "forget_unread": lambda ledger: ledger.forget_unread(OURS, [1, 2]),
    "keep_unread": lambda ledger: ledger.keep_unread(OURS, [unread("again")]),
    "set_outcome": lambda ledger: ledger.set_outcome(
        OURS, PUNCH.identity, granted=False, decided_by=Decider.AUTOMATION
    ),
    "keep_house": lambda ledger: ledger.keep_house(
        "ours", [replace(item, document=None, sealed=None) for item in ITEMS], [ADDED]
    ),
    "keep": lambda ledger: ledger.keep(OURS, [punch(5)]),
    "keep_people": lambda ledger: ledger.keep_people(OURS, [], complete=True),
    "keep_person": lambda ledger: ledger.keep_person(OURS, Person(enroll_id=17, name="Eve"), complete=True),
    "leave_out": lambda ledger: ledger.leave_out([OURS], 1, reason="Not them", made_at=NOW, made_by=None),
    "purge": lambda ledger: ledger.purge([OURS], NOW + timedelta(days=1)),
    "purge_house_changes": lambda ledger: ledger.purge_house_changes("ours", NOW + timedelta(days=1)),
    "update_people": lambda ledger: ledger.update_people(OURS, [Person(enroll_id=17, name="Eve")]),
    "withdraw_correction": lambda ledger: ledger.withdraw_correction([OURS], 1, "owner"),
}
# What is asked for our house, and the answer that holds nothing of theirs.
QUESTIONS: dict[str, tuple[Callable[[Ledger], Awaitable[Any]], Callable[[Any], bool]]] = {
    "aparts": (
        lambda ledger: ledger.aparts(OURS, [PUNCH.identity, punch(1).identity]),
        lambda found: found == {PUNCH.identity: [0]},
    ),
    "attendance": (
        lambda ledger: ledger.attendance(NOON.date(), NOON.date(), UTC, FILTER),
        lambda days: (
            [(day.name, day.records, [one.reason for one in day.corrections]) for day in days] == [("Ada", 1, ["ours"])]
        ),
    ),
    "over_attendance": (
        lambda ledger: ledger.over_attendance(list, NOON.date(), NOON.date(), UTC, FILTER),
        lambda days: [(day.name, day.records) for day in days] == [("Ada", 1)],
    ),
    "corrections": (
        lambda ledger: ledger.corrections([OURS], NOW, NOW + timedelta(days=1)),
        lambda found: [one.reason for one in found] == ["ours"],
    ),
    "count": (lambda ledger: ledger.count(FILTER), lambda counts: counts == {OURS: 1}),
    "export": (exported, lambda serials: serials == [OURS]),
    "export_as": (exported_as, lambda serials: serials == [OURS]),
    "has": (lambda ledger: ledger.has(OURS, punch(1).identity), lambda found: found is False),
    "hours": (
        lambda ledger: ledger.hours(0, [OURS]),
        lambda counts: [(hour.serial, hour.punches) for hour in counts.hours] == [(OURS, 1)],
    ),
    "last_apart": (lambda ledger: ledger.last_apart(OURS), lambda found: found == {}),
    "house": (lambda ledger: ledger.house("ours"), lambda items: items == ITEMS),
    "house_changes": (lambda ledger: ledger.house_changes("ours"), lambda page: page.changes == (ADDED,)),
    "last_seen": (
        lambda ledger: ledger.last_seen(OURS, NOW),
        lambda seen: [(one.enroll_id, one.occurred_at) for one in seen] == [(17, NOW)],
    ),
    "latest_readers": (
        lambda ledger: ledger.latest_readers(OURS, NOW),
        lambda seen: [(one.enroll_id, one.reader) for one in seen] == [(17, 0)],
    ),
    "newest": (lambda ledger: ledger.newest(FILTER), lambda record: record.serial == OURS),
    "oldest": (lambda ledger: ledger.oldest(FILTER), lambda record: record.serial == OURS),
    "people": (lambda ledger: ledger.people(OURS), lambda people: [person.name for person in people] == ["Ada"]),
    "records": (of_records, lambda serials: serials == [OURS]),
    "sheet": (
        lambda ledger: ledger.sheet(NOON.date(), NOON.date(), UTC, FILTER),
        lambda days: [[punch.serial for punch in day.punches] for day in days] == [[OURS, OURS]],
    ),
    "spoken_for": (lambda ledger: ledger.spoken_for(OURS, [17, 18]), lambda numbers: numbers == {17}),
    "unread": (lambda ledger: ledger.unread(OURS), lambda frames: [one.frame["of"] for one in frames] == ["ours"]),
    "unread_tally": (lambda ledger: ledger.unread_tally(OURS), lambda tally: tally == Tally(kept=1)),
}
# What belongs to the whole database: its life, and passes, which name their doors themselves.
SHARED = {"begin_backup", "close", "end_backup", "start", "subscribe"} | {
    name for name in dir(Ledger) if "pass" in name and not name.startswith("_")
}


def test_everything_a_ledger_does_is_looked_at() -> None:
    does = {name for name, _ in inspect.getmembers(Ledger, inspect.isfunction) if not name.startswith("_")}
    assert does == CHANGES.keys() | QUESTIONS.keys() | SHARED


async def two_houses(ledger: Ledger) -> None:
    await ledger.keep(OURS, [PUNCH])
    await ledger.keep(THEIRS, [PUNCH, punch(1), punch(2, enroll_id=18)])
    await ledger.keep_people(OURS, [Person(enroll_id=17, name="Ada")], complete=True)
    await ledger.keep_people(THEIRS, [Person(enroll_id=17, name="Bruno"), Person(enroll_id=18)], complete=True)
    await ledger.keep_unread(OURS, [unread("ours")])
    await ledger.keep_unread(THEIRS, [unread("theirs"), unread("theirs too")])
    await ledger.add_punch(correction(OURS, "ours"))
    await ledger.add_punch(correction(THEIRS, "theirs"))
    await ledger.keep_house("ours", ITEMS, [ADDED])
    theirs = [replace(item, document={"theirs": 1}, sealed=None) for item in ITEMS]
    await ledger.keep_house("theirs", theirs, [ADDED, ADDED])
    await ledger.keep_pass(PASS)
    await ledger.keep_pass_use(PassUse(pass_id=PASS.id, serial=THEIRS, door=1, used_at=NOW))


async def theirs(ledger: Ledger) -> tuple[Any, ...]:
    return (
        await everything(ledger, RecordFilter(serials=[THEIRS])),
        await ledger.people(THEIRS),
        await ledger.pass_uses("p"),
        await ledger.unread(THEIRS),
        await ledger.unread_tally(THEIRS),
        await ledger.corrections([THEIRS], NOW, NOW + timedelta(days=1)),
        await ledger.house("theirs"),
        await ledger.house_changes("theirs"),
    )


async def ours(ledger: Ledger) -> tuple[Any, ...]:
    return (
        await everything(ledger, FILTER),
        await ledger.people(OURS),
        await ledger.unread(OURS),
        await ledger.corrections([OURS], NOW, NOW + timedelta(days=1)),
        await ledger.house("ours"),
        await ledger.house_changes("ours"),
    )


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_change_leaves_the_other_house_alone(
    ledger: Ledger, change: Callable[[Ledger], Awaitable[Any]]
) -> None:
    await two_houses(ledger)
    before, ours_before = await theirs(ledger), await ours(ledger)
    await change(ledger)
    assert await theirs(ledger) == before
    assert await ours(ledger) != ours_before  # it did something


@pytest.mark.parametrize(("question", "is_ours"), QUESTIONS.values(), ids=QUESTIONS)
async def test_an_answer_holds_nothing_of_the_other_house(
    ledger: Ledger, question: Callable[[Ledger], Awaitable[Any]], is_ours: Callable[[Any], bool]
) -> None:
    await two_houses(ledger)
    assert is_ours(await question(ledger))


async def test_the_later_of_its_times_decides_how_long_a_record_is_kept(ledger: Ledger) -> None:
    """A terminal whose clock stands at 2000 says so of today; a log that is fetched today is of long ago."""
    long_ago, today = NOW - timedelta(days=9000), NOW
    limit = NOW - timedelta(days=30)
    fresh = [punch(second, occurred_at=long_ago, received_at=today) for second in range(1200)]
    old = [punch(second, occurred_at=long_ago, received_at=long_ago) for second in range(1200, 2400)]
    ahead = punch(3000, occurred_at=NOW + timedelta(days=9000), received_at=long_ago)
    for part in (fresh[:600], old[:600], fresh[600:], old[600:], [ahead]):
        await ledger.keep(OURS, part)
    assert await ledger.purge([OURS, "ZX9"], limit) == {OURS: 1200}
    assert {record.entry.time for record in await everything(ledger)} == {entry.time for entry in [*fresh, ahead]}
    assert await ledger.purge([OURS], limit) == {}
