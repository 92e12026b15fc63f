"""A record keeps the name that was known when it was made, whoever has the number later."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
import itertools

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from sqlalchemy.engine import URL

from custom_components.timmy_access.ledger import Entry, Ledger, Person, RecordFilter, ledger as module, migrations

from .support import PUNCH, SERIAL, everything, punch, running

OTHER = "ZX00000002"
BEGIN = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set the clock that the ledger notes changes of people by, in minutes of a day."""

    def _at(minute: int) -> None:
        class _Clock(datetime):
            @classmethod
            def now(cls, _: object = None) -> datetime:  # type: ignore[override]
                return BEGIN + timedelta(minutes=minute)

        monkeypatch.setattr(module, "datetime", _Clock)

    return _at


def made(minute: int, enroll_id: int = 3, name: str | None = None) -> Entry:
    return punch(minute * 60, enroll_id=enroll_id, occurred_at=BEGIN + timedelta(minutes=minute), name=name)


async def called(ledger: Ledger, serial: str = SERIAL) -> Sequence[str | None]:
    return [record.person for record in await everything(ledger, RecordFilter(serials=[serial]))]


async def test_the_next_one_with_a_number_does_not_take_over_what_was_before(
    ledger: Ledger, at: Callable[[int], None]
) -> None:
    at(0)
    await ledger.keep_person(SERIAL, Person(enroll_id=3, name="Mallory"), complete=True)
    await ledger.keep(SERIAL, [made(-60), made(1)])  # nobody else is known to have had it
    at(10)
    assert await ledger.forget_person(SERIAL, 3)
    await ledger.keep(SERIAL, [made(2)])  # came in late
    at(20)
    await ledger.keep_person(SERIAL, Person(enroll_id=3, name="Trent"), complete=True)
    # His first punch is from before his name was read.
    await ledger.keep(SERIAL, [made(15), made(30), made(31, name="Said")])
    assert await called(ledger) == ["Mallory", "Mallory", "Mallory", "Trent", "Trent", "Said"]
    days = await ledger.attendance(BEGIN.date(), BEGIN.date(), UTC)
    assert {(day.name, day.records) for day in days} == {("Mallory", 3), ("Trent", 2), ("Said", 1)}


async def test_a_new_name_does_not_change_what_was_before(ledger: Ledger, at: Callable[[int], None]) -> None:
    at(0)
    await ledger.keep_people(SERIAL, [Person(enroll_id=3, name="Bob")], complete=True)
    at(10)
    await ledger.update_people(SERIAL, [Person(enroll_id=3, name="Alice")])
    await ledger.update_people(SERIAL, [Person(enroll_id=3, role=1)])
    await ledger.keep(SERIAL, [made(9), made(10)])
    assert await called(ledger) == ["Bob", "Alice"]


async def test_numbers_the_log_knows(ledger: Ledger, at: Callable[[int], None]) -> None:
    at(0)
    await ledger.keep(SERIAL, [made(1, 4)])
    await ledger.keep(OTHER, [made(1, 5)])
    await ledger.keep_people(SERIAL, [Person(enroll_id=3, name="Mallory")], complete=True)
    at(10)
    await ledger.forget_people(SERIAL)
    assert await ledger.spoken_for(SERIAL, range(1, 1000)) == {3, 4}
    assert await ledger.spoken_for("ZX9", [3]) == set()


async def test_retention_forgets_names_that_no_record_needs(ledger: Ledger, at: Callable[[int], None]) -> None:
    at(0)
    await ledger.keep_people(SERIAL, [Person(enroll_id=3, name="Mallory")], complete=True)
    before = [made(1), made(2)]
    await ledger.keep(SERIAL, before)
    at(10)
    await ledger.forget_people(SERIAL)
    assert await ledger.purge([SERIAL], BEGIN + timedelta(days=30)) == {SERIAL: 2}
    assert await ledger.spoken_for(SERIAL, [3]) == set()
    at(20)
    await ledger.keep_person(SERIAL, Person(enroll_id=3, name="Trent"), complete=True)
    # The terminal still has the old ones, and hands them in once more.
    await ledger.keep(SERIAL, [*before, made(30)])
    assert await called(ledger) == ["", "", "Trent"]


async def test_who_is_known_before_the_step_has_always_been_called_so(
    url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step runs twice, as one that was interrupted does where tables are not part of a transaction."""
    async with running(url) as ledger:
        await ledger.keep(SERIAL, [PUNCH])
        await ledger.keep_people(SERIAL, [Person(enroll_id=17, name="Ada"), Person(enroll_id=18)], complete=True)
    *steps, newest = migrations.MIGRATIONS

    def _twice(connection: object) -> None:
        newest(connection)  # type: ignore[arg-type]
        newest(connection)  # type: ignore[arg-type]

    monkeypatch.setattr(migrations, "MIGRATIONS", (*steps, newest, _twice))
    async with running(url) as ledger:
        assert ledger.health.available, ledger.health
        assert await called(ledger) == ["Ada"]


NUMBERS = st.integers(1, 2)
examples = itertools.count()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(NUMBERS, st.sampled_from([None, "Ada", "Bo", "Cy"])), max_size=8),
    order=st.randoms(use_true_random=False),
)
async def test_no_punch_is_under_a_name_that_was_not_theirs(
    file_ledger: Ledger, at: Callable[[int], None], changes: list[tuple[int, str | None]], order: object
) -> None:
    """Whenever records come in, each is called what its number was called when it was made."""
    serial = f"ZX{next(examples)}"
    holders: dict[int, str | None] = {}
    expected: dict[datetime, str] = {}
    punches: list[Entry] = []
    for minute, (number, name) in enumerate(changes):
        at(minute * 10)
        if name is None:
            await file_ledger.forget_person(serial, number)
        else:
            await file_ledger.keep_person(serial, Person(enroll_id=number, name=name), complete=True)
        holders[number] = name
        for one, holder in holders.items():
            if holder is not None:
                entry = made(minute * 10 + one, one)
                punches.append(entry)
                expected[entry.occurred_at] = holder
    order.shuffle(punches)  # type: ignore[attr-defined]
    await file_ledger.keep(serial, punches)
    found = await everything(file_ledger, RecordFilter(serials=[serial]))
    assert {record.entry.occurred_at: record.person for record in found} == expected
