"""Whatever becomes of the people of a terminal: no punch is under another's name, no link moves to somebody else."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
import itertools
from pathlib import Path
from typing import Any, cast
from unittest.mock import AsyncMock, Mock

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.ledger import Decider, Entry, Identity, Ledger, RecordFilter, default_url, likeness
from custom_components.timmy_access.people.person_links import PersonLinks
from custom_components.timmy_access.people.roster import Roster
from custom_components.timmy_access.people.roster_keeper import RosterKeeper
from custom_components.timmy_access.protocol.commands import GetUserName
from custom_components.timmy_access.protocol.commands.people import UserName, UserSlot
from custom_components.timmy_access.protocol.errors import CommandRefused
from custom_components.timmy_access.protocol.paging import Listing
from custom_components.timmy_access.terminal.store import TerminalStore
from custom_components.timmy_access.terminal.tasks import Tasks
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

EXAMPLES, LONG_EXAMPLES = 25, 500
NUMBERS = st.integers(1, 2)
# Ada is written in two ways.
PEOPLE = ["Ada Byron", "ADA\u3000byron", "Bruno", "Grace"]
NAMES = st.sampled_from(PEOPLE)
STEPS = st.one_of(
    st.tuples(st.just("named here"), NUMBERS, NAMES),
    st.tuples(st.just("named at the keypad"), NUMBERS, NAMES),
    st.tuples(st.just("deleted here"), NUMBERS, st.none()),
    st.tuples(st.just("deleted at the keypad"), NUMBERS, st.none()),
    st.tuples(st.just("left out of a list"), NUMBERS, st.none()),
    st.tuples(st.just("linked"), NUMBERS, st.none()),
    st.tuples(st.just("read"), st.none(), st.none()),
    st.tuples(st.just("written"), st.none(), st.none()),
    st.tuples(st.just("restarted"), st.none(), st.none()),
    st.tuples(st.just("handed in"), st.none(), st.none()),
)
# At which of two terminals, where the same numbers are other people.
AT = st.integers(0, 1)
serials = itertools.count()


@dataclass
class Keypad:
    """What a terminal has, and tells of it; `left_out` are the numbers that its list lacks."""

    names: dict[int, str] = field(default_factory=dict)
    left_out: set[int] = field(default_factory=set)

    async def async_read_list(self, *_: object) -> Listing[UserSlot]:
        there = sorted(self.names.keys() - self.left_out)
        return Listing(
            rows=tuple(UserSlot(enroll_id=number, role=0, backup_number=0) for number in there), complete=True
        )

    async def async_request(self, command: GetUserName, *_: object) -> UserName:
        if command.enroll_id not in self.names:
            raise CommandRefused(command.name, 1, "")
        return UserName(name=self.names[command.enroll_id])


class Scene:
    """A terminal with everything that follows its people, over restarts."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry, ledger: Ledger) -> None:
        self.hass, self.entry, self.ledger = hass, entry, ledger
        self.serial = f"ZX{next(serials)}"
        self.keypad = Keypad()
        self.store = TerminalStore(hass, entry.entry_id)
        self.expected: list[tuple[Entry, str]] = []
        # How many of them the terminal has sent by now; the others come late.
        self.handed_in = 0
        # Whom the terminal has changed without having been asked since.
        self.unread: set[int] = set()
        self.start()

    def start(self) -> None:
        silences = Mock(async_is_worth_asking=Mock(return_value=True))
        self.roster = Roster(cast("Any", self.keypad), self.serial, silences, AsyncMock(return_value=None))
        self.keeper = RosterKeeper(self.hass, Tasks(self.hass, self.entry), self.ledger, self.serial, self.roster)
        self.links = PersonLinks(
            self.hass,
            self.entry.entry_id,
            self.store,
            self.serial,
            self.roster,
            lambda: "Front door",
            lambda _number, _name: None,
        )

    async def step(self, what: str, number: int, name: str | None) -> None:
        if what == "restarted":
            await self.keeper.async_stop()
            self.links.async_stop_asking()
            self.start()
            await self.keeper.async_restore()
        elif what == "handed in":
            await self.hand_in([entry for entry, _ in self.expected[self.handed_in :]])
            self.handed_in = len(self.expected)
        elif what == "written":
            await self.keeper._work.async_done()
        elif what == "named here" and name:
            self.keypad.names[number] = name
            self.roster.async_note(number, name=name)
            self.unread.discard(number)
        elif what == "named at the keypad" and name:
            self.keypad.names[number] = name
            self.unread.add(number)
        elif what == "deleted here":
            self.keypad.names.pop(number, None)
            self.roster.async_forget([number])
            self.unread.discard(number)
        elif what == "deleted at the keypad":
            self.keypad.names.pop(number, None)
            self.unread.add(number)
        elif what == "linked" and number in self.roster.people and number not in self.unread:
            person = likeness(self.keypad.names[number])
            made = er.async_get(self.hass).async_get_or_create("person", "person", person)
            self.links.async_link(number, made)
        elif what in ("read", "left out of a list"):
            self.keypad.left_out = {number} if number else set()
            self.roster.async_connected()
            await self.roster.async_refresh(len(self.keypad.names.keys() - self.keypad.left_out))
            # Of whom a list leaves out nothing is read.
            self.unread &= self.keypad.left_out

    def punch(self) -> None:
        """Whoever is there comes in; nobody can tell who has a number that was changed and not read."""
        for number, holder in self.keypad.names.items():
            if number in self.unread:
                continue
            shown = self.roster.name_of(number)
            assert likeness(shown) in ("", likeness(holder))
            linked = self.links.entity_id_of(number, shown)
            if linked is not None and shown is not None:
                found = er.async_get(self.hass).async_get(linked)
                assert found is not None
                assert found.unique_id == likeness(holder)
            now = dt_util.utcnow()
            entry = Entry(
                enroll_id=number,
                time=now.replace(tzinfo=None, microsecond=0),
                mode=1,
                reader=0,
                event=0,
                occurred_at=now,
                received_at=now,
                live=True,
                apart=len(self.expected),
            )
            self.expected.append((entry, holder))

    async def hand_in(self, entries: Sequence[Entry]) -> None:
        """Keep records, and what was decided about each: every other one was let in."""
        await self.ledger.keep(self.serial, entries)
        for entry in entries:
            identity = Identity(entry.enroll_id, entry.time, entry.mode, entry.reader, entry.event, entry.apart)
            await self.ledger.set_outcome(
                self.serial, identity, granted=was_let_in(entry), decided_by=Decider.AUTOMATION
            )

    async def check(self) -> None:
        """Look at the log and the attendance."""
        await self.hand_in([entry for entry, _ in reversed(self.expected[self.handed_in :])])
        where = RecordFilter(serials=[self.serial])
        holders = {entry.occurred_at: holder for entry, holder in self.expected}
        records = (await self.ledger.records(where, limit=1_000)).records
        assert len(records) == len(self.expected)
        for record in records:
            assert likeness(record.person) in ("", likeness(holders[record.entry.occurred_at]))
            assert record.entry.granted is was_let_in(record.entry)
        present = Counter((entry.enroll_id, likeness(holder)) for entry, holder in self.expected)
        if self.expected:
            first, last = (self.expected[place][0].occurred_at.date() for place in (0, -1))
            for day in await self.ledger.attendance(first, last, dt_util.UTC, where):
                assert not likeness(day.name) or day.records <= present[day.enroll_id, likeness(day.name)]
            for seen in await self.ledger.last_seen(self.serial, self.expected[0][0].occurred_at):
                assert likeness(seen.name) in ("", likeness(holders[seen.occurred_at]))


def was_let_in(entry: Entry) -> bool:
    return (entry.apart or 0) % 2 == 1


async def check_together(ledger: Ledger, scenes: Sequence[Scene]) -> None:
    """Look at the attendance over both terminals: nobody has the punches of who has their number elsewhere."""
    punches = [one for scene in scenes for one in scene.expected]
    if not punches:
        return
    present = Counter((entry.enroll_id, likeness(holder)) for entry, holder in punches)
    days = sorted(entry.occurred_at.date() for entry, _ in punches)
    where = RecordFilter(serials=[scene.serial for scene in scenes])
    for day in await ledger.attendance(days[0], days[-1], dt_util.UTC, where):
        assert not likeness(day.name) or day.records <= present[day.enroll_id, likeness(day.name)]


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncGenerator[Ledger]:
    made = Ledger(default_url(tmp_path))
    await made.start()
    yield made
    await made.close()


@pytest.fixture
def examples(is_long: bool) -> int:
    return LONG_EXAMPLES if is_long else EXAMPLES


async def test_no_punch_and_no_link_is_somebody_elses(hass: HomeAssistant, ledger: Ledger, examples: int) -> None:
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(hass)

    # Before Hypothesis makes chance repeat itself, out of which the registry makes its ids.
    for name in PEOPLE:
        er.async_get(hass).async_get_or_create("person", "person", likeness(name))

    async def _play(steps: list[tuple[int, tuple[str, int, str | None]]]) -> None:
        scenes = [Scene(hass, entry, ledger) for _ in range(2)]
        for scene in scenes:
            await scene.step("read", 0, None)
        for at, step in steps:
            await scenes[at].step(*step)
            for scene in scenes:
                scene.punch()
        for scene in scenes:
            await scene.keeper.async_stop()
            scene.links.async_stop_asking()
            await scene.check()
        await check_together(ledger, scenes)

    # Hypothesis knows nothing of loops: it has a thread to itself.
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(AT, STEPS), max_size=12))
    def _holds(steps: list[tuple[int, tuple[str, int, str | None]]]) -> None:
        asyncio.run_coroutine_threadsafe(_play(steps), hass.loop).result()

    await hass.async_add_executor_job(_holds)
