"""Houses as chance makes them up. They are dense: few numbers, names and hours, so that much happens to each."""

from datetime import UTC, datetime, timedelta
from random import Random

from custom_components.timmy_access.house.credentials import HouseCredential
from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.household import Household
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.house.week import ALWAYS, NEVER, Week

from .fake import SERIAL

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
# One instant an hour of eight days: every edge of the hours and dates below lies between two of them.
INSTANTS = tuple(MONDAY + timedelta(hours=hour, minutes=15) for hour in range(24 * 8))
NAMES = ("Ada", "Bo", "Cleo", "Dai")
NUMBERS = range(1, 8)
SCHEDULES = tuple(f"s{number}" for number in range(1, 7))
GROUPS = ("g1", "g2", "g3", "g4", "g5")
POOL = (
    ALWAYS,
    NEVER,
    *(Week.of([[(begin, begin + length)]] * 5 + [[], []]) for begin in (420, 480, 600) for length in (300, 540)),
    *(Week.of([[(60 * hour, 60 * hour + 120)]] * 7) for hour in (2, 9, 20)),
    Week.of([[(360, 420), (480, 540), (600, 660), (720, 780), (840, 900)]] * 7),
    Week.of([[(0, 1440)]] * 5 + [[], []]),
    Week.of([[(60 * day, 60 * day + 600)] for day in range(7)]),
    # Six spans a day: no terminal holds them.
    Week.of([[(60 * hour, 60 * hour + 30) for hour in range(0, 12, 2)]] * 7),
)


def group(chance: Random, group_id: str, doors: int) -> AccessGroup:
    """Return a group of one or two rules."""
    rules = tuple(
        Rule(
            doors={SERIAL: frozenset(chance.sample(range(1, doors + 1), chance.randint(1, doors)))},
            schedule=chance.choice((None, *SCHEDULES)),
        )
        for _ in range(chance.choice((1, 1, 2)))
    )
    return AccessGroup(group_id=group_id, name=group_id, rules=rules)


def person(chance: Random, number: int) -> HousePerson:
    """Return somebody with a number, who is one of two people that may have it in turn."""
    days = sorted(chance.sample((-2, 1, 3, 5, 9), 2))
    return HousePerson(
        person_id=f"p{number}-{chance.randint(0, 1)}",
        name=chance.choice(NAMES),
        enroll_id=number,
        enabled=chance.random() < 0.8,
        valid_from=MONDAY + timedelta(days=days[0]) if chance.random() < 0.25 else None,
        valid_until=MONDAY + timedelta(days=days[1]) if chance.random() < 0.25 else None,
        role=chance.choice((0, 0, 0, 1)),
        groups=frozenset(chance.sample(GROUPS, chance.choice((0, 1, 1, 1, 2)))),
    )


def credentials(chance: Random, holder: HousePerson) -> dict[tuple[str, int], HouseCredential]:
    """Return what somebody has: a finger, a card, both or neither."""
    return {
        (holder.person_id, slot): HouseCredential(
            person_id=holder.person_id, slot=slot, revision=f"r{chance.randint(0, 9)}"
        )
        for slot in chance.sample((0, 11), chance.choice((0, 1, 1, 2, 2)))
    }


def household(chance: Random, doors: int) -> Household:
    """Return a house that keeps one terminal in step."""
    holders = [person(chance, number) for number in chance.sample(NUMBERS, chance.randint(2, 7))]
    held: dict[tuple[str, int], HouseCredential] = {}
    for holder in holders:
        held |= credentials(chance, holder)
    return Household(
        people={holder.person_id: holder for holder in holders},
        groups={group_id: group(chance, group_id, doors) for group_id in GROUPS},
        credentials=held,
        kept=frozenset({SERIAL}),
    )
