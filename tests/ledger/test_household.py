"""What a house holds, and the log of who changed it."""

from copy import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import URL

from custom_components.timmy_access.ledger import HouseChange, HouseItem, HouseKind, Ledger, LedgerInvalid, Problem
from custom_components.timmy_access.ledger.schema import HOUSE_CHANGES, HOUSE_PEOPLE

from .support import NOON, NOW, engine_at
from .test_houses import ADDED, ITEMS

CARD = next(item for item in ITEMS if item.kind is HouseKind.CREDENTIAL)


async def test_a_house_comes_back_as_it_was(ledger: Ledger) -> None:
    assert await ledger.house("ours") == ()
    large = replace(CARD, sealed=bytes(range(256)) * 1024)  # more than MariaDB's usual column holds
    items = tuple(large if item is CARD else item for item in ITEMS)
    await ledger.keep_house("ours", items)
    assert await ledger.house("ours") == items
    named = replace(ITEMS[0], document={"name": "Ödön \0 \U0001f600"})
    gone = replace(CARD, document=None, sealed=None)
    await ledger.keep_house("ours", [named, gone, gone])
    assert await ledger.house("ours") == (named, *(item for item in ITEMS[1:] if item is not CARD))


async def test_a_house_is_read_part_by_part(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """In whichever order a database puts letters: nothing twice, and nothing left out."""
    monkeypatch.setattr("custom_components.timmy_access.ledger.ledger.HOUSE_ROWS", 2)
    keys = [(serial, number) for serial in ("ZX1", "zx1", "Zx1", "ZX10") for number in (1, 2, 10)]
    placements = [HouseItem(kind=HouseKind.PLACEMENT, key=key, document={}) for key in keys]
    people = [HouseItem(kind=HouseKind.PERSON, key=(name,), document={}) for name in ("a", "A", "b", "B", "c")]
    await ledger.keep_house("ours", [*placements, *people])
    found = await ledger.house("ours")
    assert len(found) == len(placements) + len(people)
    assert {(item.kind, item.key) for item in found} == {(item.kind, item.key) for item in [*placements, *people]}


@pytest.mark.parametrize("broken", ["", "{", "[]", "7"])
async def test_a_broken_row_keeps_no_other_from_being_read(file_ledger: Ledger, sqlite_url: URL, broken: str) -> None:
    await file_ledger.keep_house("ours", ITEMS, [ADDED])
    engine = engine_at(sqlite_url)
    with engine.begin() as connection:
        connection.execute(HOUSE_PEOPLE.update().values(document=broken))
        connection.execute(HOUSE_CHANGES.update().values(document=broken))
    engine.dispose()
    assert await file_ledger.house("ours") == (replace(ITEMS[0], document={}), *ITEMS[1:])
    assert (await file_ledger.house_changes("ours")).changes == (replace(ADDED, document={}),)


async def test_the_log_is_read_page_by_page_for_a_person_or_all(ledger: Ledger) -> None:
    lines = [
        HouseChange(
            changed_at=NOW + timedelta(seconds=second),
            person_id=("ada", "eve", None)[second % 3],
            document={"action": str(second)},
        )
        for second in range(9)
    ]
    for line in lines:
        await ledger.keep_house("ours", [], [line])
    seen: list[HouseChange] = []
    before: int | None = None
    while True:
        page = await ledger.house_changes("ours", limit=4, before=before)
        seen += page.changes
        if (before := page.next) is None:
            break
    assert seen == lines[::-1]
    assert (await ledger.house_changes("ours", "eve")).changes == (lines[7], lines[4], lines[1])
    first = await ledger.house_changes("ours", "eve", limit=2)
    assert first.changes == (lines[7], lines[4])
    assert (await ledger.house_changes("ours", "eve", before=first.next)).changes == (lines[1],)
    assert await ledger.purge_house_changes("ours", NOW + timedelta(seconds=6)) == 6
    assert (await ledger.house_changes("ours")).changes == tuple(lines[:5:-1])


async def test_all_or_nothing_is_written(ledger: Ledger) -> None:
    with pytest.raises(LedgerInvalid):
        await ledger.keep_house("ours", [ITEMS[0], replace(ITEMS[1], document={"x": float("nan")})], [ADDED])
    assert await ledger.house("ours") == ()
    assert (await ledger.house_changes("ours")).changes == ()


@pytest.mark.parametrize(
    ("item", "field", "problem"),
    [
        (replace(CARD, key=("ada",)), "key", Problem.OUT_OF_RANGE),
        (replace(CARD, key=("ada ", 11)), "person_id", Problem.NOT_A_TEXT),
        (replace(CARD, key=("ada", 2**63)), "slot", Problem.OUT_OF_RANGE),
        (replace(CARD, document={"x": "y" * 60_000}), "document", Problem.TOO_LONG),
        (replace(CARD, sealed=bytes(512 * 1024 + 1)), "sealed", Problem.TOO_LONG),
    ],
)
async def test_what_cannot_be_held_is_refused(
    file_ledger: Ledger, item: HouseItem, field: str, problem: Problem
) -> None:
    with pytest.raises(LedgerInvalid) as caught:
        await file_ledger.keep_house("ours", [item])
    assert (caught.value.field, caught.value.problem) == (field, problem)


async def test_a_line_of_the_log_needs_a_time_with_a_zone(file_ledger: Ledger) -> None:
    with pytest.raises(LedgerInvalid):
        await file_ledger.keep_house("ours", [], [HouseChange(changed_at=NOON)])


def test_secrets_are_not_shown() -> None:
    shown: Any = repr(replace(CARD, sealed=b"what it holds"))
    assert "what it holds" not in shown
    assert "revision" not in shown
