"""Who may pass which door at an instant, as the house has it."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from enum import StrEnum

from .household import Household
from .persons import HousePerson
from .wanted import Weeks, hours_wanted
from .week import Week


class NoPassage(StrEnum):
    """Why somebody may not pass."""

    DISABLED = "disabled"
    EXPIRED = "expired"
    NO_DOOR = "no_door"
    NOT_NOW = "not_now"
    NOT_YET = "not_yet"
    UNKNOWN = "unknown"


class Passage:
    """A house, prepared for being asked about somebody who stands at a door."""

    def __init__(self, household: Household, before: Passage | None = None) -> None:
        """Take the house as it is; of the one `before` the index is kept where the people are the same."""
        self.household = household
        self.people: Mapping[int, HousePerson]
        if before is not None and before.household.people is household.people:
            self.people = before.people
        else:
            self.people = {person.enroll_id: person for person in household.people.values()}

    def refusal(
        self, serial: str, enroll_id: int, door: int | None, now: datetime, zone: tzinfo, doors: int, weeks: Weeks
    ) -> NoPassage | None:
        """Return why somebody may not pass a door of a terminal with so many doors, None where they may.

        `now` is an instant and `zone` that of the terminal. Without a door any of the terminal's will do.
        """
        person = self.people.get(enroll_id)
        if person is None:
            return NoPassage.UNKNOWN
        if not person.enabled:
            return NoPassage.DISABLED
        if person.valid_from is not None and now < person.valid_from:
            return NoPassage.NOT_YET
        if person.valid_until is not None and now >= person.valid_until:
            return NoPassage.EXPIRED
        hours = hours_wanted(self.household, person, serial, doors, weeks)
        named: list[Week] = [week for number, week in hours.items() if door in (None, number)]
        if not named:
            return NoPassage.NO_DOOR
        local = now.astimezone(zone)
        return None if any(week.holds(local) for week in named) else NoPassage.NOT_NOW
