"""A difference in words of people: what the house says, what the terminal says, and a mark of both."""

from collections.abc import Iterable
from hashlib import sha256
import json

from homeassistant.util.json import JsonObjectType, JsonValueType

from ..fields import ATTR_ENROLL_ID, ROLES, credential_name
from ..house.differences import Aspect, Difference
from ..house.household import Household

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

        `mark` is another as soon as either says something else: whoever decides names it, and so decides about what
        they have seen.
        """
        person = self._people.get(difference.person_id or "")
        seen, aspects = difference.seen, difference.aspects
        told: JsonObjectType = {
            ATTR_ENROLL_ID: difference.enroll_id or None,
            "kind": difference.kind.value,
            "house": person.name if person else None,
            "house_role": _ROLE_WORDS.get(person.role) if person else None,
            # What is wanted is neither what was confirmed nor what the terminal says; of two words the other is left.
            "house_enabled": seen.enabled is False if seen and Aspect.ENABLED in aspects else None,
            "house_credentials": _names(self._slots.get(difference.person_id or "", ())),
            "there": seen.name if seen else None,
            "there_role": None if seen is None or seen.role is None else _ROLE_WORDS.get(seen.role),
            "there_enabled": seen.enabled if seen else None,
            "there_credentials": _names((seen and seen.slots) or ()),
            "aspects": list[JsonValueType](sorted(aspect.value for aspect in aspects)),
        }
        words = json.dumps([difference.serial, told], sort_keys=True)
        return {**told, "mark": sha256(words.encode()).hexdigest()[:MARK_DIGITS], "left": difference.is_left}

    def by_mark(self, differences: Iterable[Difference]) -> dict[str, Difference]:
        """Return differences by what tells each from others, and from itself with other words."""
        return {str(self.described(difference)["mark"]): difference for difference in differences}


def _names(slots: Iterable[int]) -> list[JsonValueType]:
    return [credential_name(slot) for slot in sorted(slots)]
