"""What keeps one terminal in step with the house, put together."""

from functools import partial
from typing import Protocol

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..guests.passes import Refused
from ..house.hand import CheckedLine, Contents, Hand
from ..house.house import House
from ..house.passage import NoPassage, Passage
from ..house.persons import HousePerson
from ..house.readings import Readings
from ..house.wanted import Make
from ..house.whereabouts import terminals_with
from ..house.writer import Writer
from ..ledger import likeness
from ..people.abilities import lacking
from ..people.roster import Roster
from ..protocol.errors import ProtocolError
from ..protocol.turns import Priority
from ..terminal.coordinator import TerminalCoordinator
from ..terminal.echoes import Echoes
from .surroundings import Surroundings

# What the house says, in the words of events.
_NO_PASSAGE = {
    NoPassage.DISABLED: Refused.PERSON_DISABLED,
    NoPassage.EXPIRED: Refused.EXPIRED,
    NoPassage.NO_DOOR: Refused.NOT_NOW,
    NoPassage.NOT_NOW: Refused.NOT_NOW,
    NoPassage.NOT_YET: Refused.NOT_YET_VALID,
    NoPassage.UNKNOWN: Refused.PERSON_UNKNOWN,
}
# Somebody of whom it says this is let in nowhere, whatever else would let them in: also by a pass of theirs.
_NOWHERE = frozenset({Refused.EXPIRED, Refused.NOT_YET_VALID, Refused.PERSON_DISABLED, Refused.PERSON_UNKNOWN})


class Kept(CheckedLine, Protocol):
    """A terminal as its writer sees it."""

    serial: str
    roster: Roster
    coordinator: TerminalCoordinator

    @property
    def fingerprint_algorithm(self) -> str | None:
        """Which templates the terminal understands; None where it does not tell."""


def make_of(terminal: Kept) -> Make:
    """Return what a terminal can hold, as far as that is known without asking."""
    state = terminal.coordinator.data
    return Make(doors=len(state.doors), algorithm=terminal.fingerprint_algorithm, lacks=lacking(state.info))


@callback
def async_writer(surroundings: Surroundings, terminal: Kept, echoes: Echoes) -> Writer:
    """Return the writer of a terminal."""

    def _doors() -> int:
        return len(terminal.coordinator.data.doors)

    keeper = surroundings.house.keeper
    hand = Hand(
        terminal,
        lambda: keeper.is_known and terminal.serial in keeper.household.kept,
        terminal.roster,
        echoes,
        partial(_async_record, surroundings, terminal.serial),
        _doors,
        dt_util.get_default_time_zone,
    )
    readings = Readings(
        terminal.serial, hand, terminal.roster, lambda: terminal.coordinator.data.info.users_used, _doors
    )
    return Writer(
        surroundings.hass,
        surroundings.tasks,
        terminal.serial,
        keeper,
        surroundings.house.hours,
        hand,
        terminal.roster,
        readings,
        partial(make_of, terminal),
        dt_util.utcnow,
    )


class HouseRules:
    """What the house says of whoever stands at a terminal that is kept in step."""

    def __init__(self, house: House, terminal: Kept) -> None:
        """Look the house up when somebody stands there."""
        self._house = house
        self._terminal = terminal
        self._prepared = (house.household, Passage(house.household))

    @callback
    def groups_of(self, enroll_id: int, name: str | None) -> tuple[str, ...]:
        """Return the names of the access groups of somebody who may pass at present.

        Nobody belongs to any at a terminal that is not kept in step, under another name than the house knows, or while
        they are disabled or outside their dates.
        """
        person = self._person(enroll_id, name)
        if person is None or not person.is_valid(dt_util.utcnow()):
            return ()
        groups = self._house.household.groups
        return tuple(sorted(groups[group_id].name for group_id in person.groups if group_id in groups))

    @callback
    def linked_to(self, enroll_id: int, name: str | None) -> str | None:
        """Return the registry id of the person of Home Assistant that the house knows somebody to be."""
        person = self._person(enroll_id, name)
        return None if person is None else person.linked_to

    def _person(self, enroll_id: int, name: str | None) -> HousePerson | None:
        """Return whom the house knows by a number; None for whoever has it under another name."""
        if not self._is_kept():
            return None
        person = self._passage().people.get(enroll_id)
        return None if person is None or (name and likeness(name) != likeness(person.name)) else person

    def _is_kept(self) -> bool:
        return self._house.keeper.is_known and self._terminal.serial in self._house.household.kept

    def _passage(self) -> Passage:
        household = self._house.household
        if self._prepared[0] is not household:
            self._prepared = (household, Passage(household, self._prepared[1]))
        return self._prepared[1]

    @callback
    def no_passage(self, enroll_id: int) -> Refused | None:
        """Return why somebody may not pass at present, also while the terminal's own memory is of before.

        It says nothing of whoever is no person of the house and still one of the terminal: the house leaves them alone
        there. Whoever is neither is unknown, and so is whom the terminal did not recognise.
        """
        household, serial = self._house.household, self._terminal.serial
        if not self._is_kept():
            return None
        if (serial, enroll_id) in household.tombstones:  # also where somebody else has the number by now
            return Refused.PERSON_UNKNOWN
        doors = len(self._terminal.coordinator.data.doors)
        why = self._passage().refusal(
            serial, enroll_id, None, dt_util.utcnow(), dt_util.get_default_time_zone(), doors, self._house.hours.weeks
        )
        if why is None or (why is NoPassage.UNKNOWN and self._may_be_on_terminal(enroll_id)):
            return None
        return _NO_PASSAGE[why]

    @callback
    def is_disabled(self, enroll_id: int) -> bool | None:
        """Return whether somebody was disabled at the terminal, or the house lets them in nowhere at present.

        None while either cannot be told.
        """
        if self.no_passage(enroll_id) in _NOWHERE:
            return True
        disabled = self._terminal.roster.is_disabled(enroll_id)
        return disabled if disabled or self._house.keeper.is_known else None

    def _may_be_on_terminal(self, enroll_id: int) -> bool:
        """Return whether a terminal has somebody, or may have, as all that it holds was never told."""
        roster = self._terminal.roster
        return enroll_id in roster.people or not roster.complete


async def _async_record(surroundings: Surroundings, serial: str, person_id: str, slot: int) -> Contents | None:
    """Return what a credential holds: from the vault, or from a terminal that has it; None where nobody tells."""
    house = surroundings.house
    household = house.household
    person, credential = household.people.get(person_id), household.credentials.get((person_id, slot))
    if person is None or credential is None:
        return None
    if (kept := await house.vault.async_unseal(credential)) is not None:
        return kept
    for other in sorted(terminals_with(household, person, credential) - {serial}):
        if (people := surroundings.people_of(other)) is None:
            continue
        try:
            record = (await people.async_record(person.enroll_id, slot, Priority.BULK)).record
        except ProtocolError:
            continue
        if record not in (None, ""):
            return record
    return None
