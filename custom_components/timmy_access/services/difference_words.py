"""A difference in words of people: what the house says, what the terminal says, and a mark of both."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
import json

from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..const import WEEKDAYS
from ..fields import ATTR_ENROLL_ID, ROLES, credential_name
from ..house.differences import Aspect, Difference
from ..house.household import Household
from ..house.permits import Access
from ..house.standing import Standing
from ..house.week import NEVER, Week
from ..unhurried import unhurried

# Tells one difference from another, and from itself with other words; nobody has so many that two are alike.
MARK_DIGITS = 16

_ROLE_WORDS = {number: word for word, number in ROLES.items()}


class DifferenceWords:
    """Describes differences of one household, which may be thousands."""

    def __init__(self, household: Household) -> None:
        """Look at who has which credentials."""
        self._people = household.people
        self._slots: dict[str, list[int]] = {}
        for person_id, slot in household.credentials:
            self._slots.setdefault(person_id, []).append(slot)

    def described(self, difference: Difference) -> JsonObjectType:
        """Return a difference without secrets; None for what either does not say.

        Dates and hours are told where they differ: dates as instants, None for no such end; hours by door, each day as
        `{"mon": [{"from": "08:00", "to": "18:00"}]}`, None for a door of which nobody knows them. `mark` is another as
        soon as either says something else: whoever decides names it, and so decides about what they have seen.
        """
        person = self._people.get(difference.person_id or "")
        seen, aspects = difference.seen, difference.aspects
        house, there, is_about_hours = difference.wanted, difference.access, Aspect.HOURS in aspects
        told: JsonObjectType = {
            ATTR_ENROLL_ID: difference.enroll_id or None,
            "kind": difference.kind.value,
            "house": person.name if person else None,
            "house_role": _ROLE_WORDS.get(person.role) if person else None,
            # What is wanted is neither what was confirmed nor what the terminal says; of two words the other is left.
            "house_enabled": seen.enabled is False if seen and Aspect.ENABLED in aspects else None,
            "house_credentials": _names(self._slots.get(difference.person_id or "", ())),
            **_dates("house", house if Aspect.DATES in aspects else None),
            "house_hours": _hours(house.hours, there.hours, NEVER) if house and there and is_about_hours else None,
            "there": seen.name if seen else None,
            "there_role": None if seen is None or seen.role is None else _ROLE_WORDS.get(seen.role),
            "there_enabled": seen.enabled if seen else None,
            "there_credentials": _names((seen and seen.slots) or ()),
            **_dates("there", there if Aspect.DATES in aspects else None),
            "there_hours": _hours(there.hours, there.hours, None) if there and is_about_hours else None,
            "aspects": list[JsonValueType](sorted(aspect.value for aspect in aspects)),
        }
        words = json.dumps([difference.serial, told], sort_keys=True)
        return {**told, "mark": sha256(words.encode()).hexdigest()[:MARK_DIGITS], "left": difference.is_left}

    def by_mark(self, differences: Iterable[Difference]) -> dict[str, Difference]:
        """Return differences by what tells each from others, and from itself with other words."""
        return {str(self.described(difference)["mark"]): difference for difference in unhurried(differences)}


def _names(slots: Iterable[int]) -> list[JsonValueType]:
    return [credential_name(slot) for slot in sorted(slots)]


def _dates(whose: str, access: Standing | Access | None) -> JsonObjectType:
    dates = (access.valid_from, access.valid_until) if access else (None, None)
    valid_from, valid_until = (None if it is None else dt_util.as_local(it).isoformat() for it in dates)
    return {f"{whose}_valid_from": valid_from, f"{whose}_valid_until": valid_until}


def _hours(hours: Mapping[int, Week | None], doors: Iterable[int], otherwise: Week | None) -> JsonObjectType:
    return {str(door): _week(hours.get(door, otherwise)) for door in sorted(doors)}


def _week(week: Week | None) -> JsonObjectType | None:
    if week is None:
        return None
    return {
        name: [{"from": _clock(begin), "to": _clock(end)} for begin, end in day]
        for name, day in zip(WEEKDAYS, week.days, strict=True)
    }


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
