"""Houses for tests, made of what may come."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from hypothesis import strategies as st

from custom_components.timmy_access.house.changes import with_person
from custom_components.timmy_access.house.credentials import HouseCredential
from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.household import Household, Placement
from custom_components.timmy_access.house.permits import Permit
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.house.standing import Standing, Tombstone
from custom_components.timmy_access.house.week import ALWAYS, DAY_MINUTES, Week

NOW = datetime(2026, 11, 24, 11, 0, 0, tzinfo=UTC)
FRONT, OFFICE = "ZX00000001", "ZX00000002"
FAMILY = AccessGroup(group_id="family", name="Family", rules=(Rule(doors={FRONT: frozenset({1})}),))


def person(enroll_id: int, name: str = "", **fields: Any) -> HousePerson:
    """Return somebody, whose id is made of their number."""
    made: dict[str, Any] = {"person_id": f"p{enroll_id}", "name": name or f"Person {enroll_id}", **fields}
    return HousePerson(enroll_id=enroll_id, **made)


ADA, EVE = person(1, "Ada", groups=frozenset({"family"})), person(2, "Eve")
HOUSE = with_person(with_person(Household(groups={"family": FAMILY}), ADA), EVE)

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
SPANS = st.integers(0, DAY_MINUTES - 1).flatmap(lambda at: st.tuples(st.just(at), st.integers(at + 1, DAY_MINUTES)))
DAYS = st.lists(SPANS, max_size=3)
# Of two sorts of days: what is told apart are weeks, and seven sorts are more than a house of them has room for.
WEEKS = st.one_of(
    st.just(ALWAYS),
    st.builds(
        lambda one, other, ones: Week.of([one if ones >> day & 1 else other for day in range(7)]),
        DAYS,
        DAYS,
        st.integers(0, 127),
    ),
)
SERIALS = st.sampled_from([FRONT, OFFICE, "ZX00000003"])
NUMBERS = st.integers(1, 9)
NAMES = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=12).filter(lambda name: name.strip())
STANDINGS = st.builds(
    Standing,
    enroll_id=NUMBERS,
    name=NAMES,
    role=st.integers(0, 2),
    enabled=st.booleans(),
    valid_from=st.none() | MOMENTS,
    valid_until=st.none() | MOMENTS,
    hours=st.dictionaries(st.integers(1, 4), WEEKS, max_size=2),
    credentials=st.dictionaries(st.sampled_from([0, 10, 11, 50]), st.sampled_from(["r1", "r2"]), max_size=2),
)
LOCAL = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31))  # noqa: DTZ001 - as a terminal tells it
PERMITS = st.builds(
    Permit,
    valid_from=st.none() | LOCAL,
    valid_until=st.none() | LOCAL,
    zones=st.lists(st.none() | st.integers(0, 8), max_size=4).map(tuple),
    is_set=st.booleans(),
)


@st.composite
def households(draw: st.DrawFn) -> Household:
    """Return a house of few people and terminals, with all that one may hold."""
    groups = {
        f"g{number}": AccessGroup(
            group_id=f"g{number}",
            name=f"Group {number}",
            rules=tuple(
                Rule(doors={serial: frozenset(doors)}, schedule=schedule)
                for serial, doors, schedule in draw(
                    st.lists(
                        st.tuples(SERIALS, st.sets(st.integers(1, 4)), st.none() | st.just("registry id")), max_size=2
                    )
                )
            ),
        )
        for number in range(draw(st.integers(0, 3)))
    }
    people: dict[str, HousePerson] = {}
    for number in draw(st.sets(NUMBERS, max_size=5)):
        valid_from = draw(st.none() | MOMENTS)
        people[f"p{number}"] = person(
            number,
            draw(NAMES),
            enabled=draw(st.booleans()),
            valid_from=valid_from,
            valid_until=valid_from and valid_from + timedelta(days=draw(st.integers(1, 900))),
            groups=frozenset(draw(st.sets(st.sampled_from(sorted(groups)))) if groups else ()),
            note=draw(st.text(st.characters(blacklist_categories=["Cs"]), max_size=9)),
        )
    if not people:
        return Household(groups=groups, kept=frozenset(draw(st.sets(SERIALS))))
    ids = st.sampled_from(sorted(people))
    credentials = {
        (person_id, slot): HouseCredential(
            person_id=person_id,
            slot=slot,
            revision=draw(st.sampled_from(["r1", "r2"])),
            terminals=frozenset(draw(st.sets(SERIALS))),
            sealed=draw(st.none() | st.binary(min_size=1, max_size=4)),
            mark=draw(st.none() | st.binary(min_size=1, max_size=4)),
        )
        for person_id, slot in draw(st.sets(st.tuples(ids, st.sampled_from([0, 10, 11])), max_size=4))
    }
    placements = {
        (serial, people[person_id].enroll_id): Placement(
            serial=serial,
            enroll_id=people[person_id].enroll_id,
            person_id=person_id,
            confirmed=draw(st.none() | STANDINGS.map(partial(_as, people[person_id].enroll_id))),
            permit=draw(st.none() | PERMITS),
            refused=draw(st.none() | st.just("full")),
            tries=draw(st.integers(0, 3)),
        )
        for serial, person_id in draw(st.sets(st.tuples(SERIALS, ids), max_size=4))
    }
    tombstones = {
        (serial, number): Tombstone(
            serial=serial,
            enroll_id=number,
            name=draw(NAMES),
            person_id="gone",
            removed_at=draw(MOMENTS),
            other_name=draw(st.just("") | NAMES),
        )
        for serial, number in draw(st.sets(st.tuples(SERIALS, st.integers(20, 29)), max_size=3))
    }
    return Household(
        people=people,
        groups=groups,
        credentials=credentials,
        placements=placements,
        tombstones=tombstones,
        kept=frozenset(draw(st.sets(SERIALS))),
        zones=draw(st.dictionaries(SERIALS, st.frozensets(st.integers(2, 8), min_size=1), max_size=2)),
        left=frozenset(draw(st.sets(st.tuples(SERIALS, NUMBERS), max_size=3))),
    )


def _as(enroll_id: int, standing: Standing) -> Standing:
    return Standing(**{**vars(standing), "enroll_id": enroll_id})
