"""What should be on a terminal, as the house has it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..protocol.enums import CREDENTIAL_SLOTS, Credential
from ..unhurried import unhurried
from .household import Household
from .persons import HousePerson
from .standing import Standing
from .week import ALWAYS, NEVER, Week

# Hours by the registry id of their schedule helper; None, or none at all, where they cannot be read at present.
type Weeks = Mapping[str, Week | None]


@dataclass(frozen=True, kw_only=True)
class Make:
    """What a terminal is capable of, as far as that decides what should be on it.

    `doors` is how many it has. `algorithm` is that of its fingerprints, None where it does not tell. `has_dates` is
    False for firmware that knows no first and no last day. `lacks` are kinds of credentials that it does not take.
    """

    doors: int = 1
    algorithm: str | None = None
    has_dates: bool = True
    lacks: frozenset[Credential] = field(default_factory=frozenset)


# A terminal that has not told what it is.
UNTOLD = Make()


def standings_wanted(
    household: Household, serial: str, make: Make, weeks: Weeks, now: datetime
) -> Mapping[int, Standing]:
    """Return how everybody who has a door of a terminal should stand on it, by enroll id.

    Nobody else is to be on it. Who has doors and at present not a single hour is to stay, disabled: an empty schedule
    costs nobody their fingerprints.
    """
    wanted: dict[int, Standing] = {}
    open_hours: dict[tuple[tuple[int, Week], ...], Mapping[int, Week]] = {}
    credentials: dict[str, dict[int, str]] = {}
    for (person_id, slot), credential in unhurried(household.credentials.items()):
        if understands(make, slot, credential.algorithm):
            credentials.setdefault(person_id, {})[slot] = credential.revision
    for person in unhurried(household.people.values()):
        hours = hours_wanted(household, person, serial, make.doors, weeks)
        if not hours:
            continue
        # People of the same hours share them: they are many.
        key = tuple((door, week) for door, week in hours.items() if not week.is_never)
        if (shared := open_hours.get(key)) is None:
            shared = open_hours[key] = dict(key)
        enabled = bool(shared) and (person.enabled if make.has_dates else person.is_valid(now))
        wanted[person.enroll_id] = Standing(
            enroll_id=person.enroll_id,
            name=person.name,
            role=person.role,
            enabled=enabled,
            valid_from=person.valid_from if make.has_dates else None,
            valid_until=person.valid_until if make.has_dates else None,
            hours=shared,
            credentials=_takes(household, person, serial, make, credentials.get(person.person_id, {})),
        )
    return wanted


def _takes(
    household: Household, person: HousePerson, serial: str, make: Make, credentials: Mapping[int, str]
) -> Mapping[int, str]:
    """Return what of somebody's a terminal takes; what it has of theirs it keeps, whatever it says of itself."""
    if not make.lacks or all(Credential.of(slot) not in make.lacks for slot in credentials):
        return credentials
    placement = household.placements.get((serial, person.enroll_id))
    there = placement.confirmed.credentials if placement and placement.confirmed else {}
    return {
        slot: revision
        for slot, revision in credentials.items()
        if Credential.of(slot) not in make.lacks or slot in there
    }


def hours_wanted(household: Household, person: HousePerson, serial: str, doors: int, weeks: Weeks) -> dict[int, Week]:
    """Return when somebody may pass which doors of a terminal, all rules of all their groups together.

    A door that no rule names is not in it. Hours that cannot be read are those in which they could pass when that
    was confirmed last, and none where they could not.
    """
    placement = household.placements.get((serial, person.enroll_id))
    before = placement.confirmed if placement and placement.person_id == person.person_id else None
    # Hours of somebody who is disabled have opened nothing.
    confirmed = before.hours if before and before.enabled else {}
    hours: dict[int, Week] = {}
    for group_id in person.groups:
        group = household.groups.get(group_id)
        for rule in group.rules if group else ():
            week = ALWAYS if rule.schedule is None else weeks.get(rule.schedule)
            for door in rule.doors.get(serial, ()):
                if 1 <= door <= doors:
                    added = confirmed.get(door, NEVER) if week is None else week
                    hours[door] = hours.get(door, NEVER) | added
    return hours


def algorithm_of(make: Make, slot: int) -> str | None:
    """Return of which algorithm a credential is that a terminal has made; None where it does not matter or tell."""
    return make.algorithm if slot in CREDENTIAL_SLOTS[Credential.FINGERPRINT] else None


def understands(make: Make, slot: int, algorithm: str | None) -> bool:
    """Return whether a terminal can tell somebody by a credential; only templates of another algorithm it cannot."""
    return (
        slot not in CREDENTIAL_SLOTS[Credential.FINGERPRINT]
        or None in (algorithm, make.algorithm)
        or algorithm.casefold() == make.algorithm.casefold()  # type: ignore[union-attr]
    )
