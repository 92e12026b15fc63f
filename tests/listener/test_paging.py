"""Lists end, whatever a terminal makes of their pages, and none is taken for complete that is not."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

from hypothesis import given, strategies as st
import pytest

from custom_components.timmy_access.protocol import exchange as exchange_module, paging as paging_module
from custom_components.timmy_access.protocol.commands import GetAllLogs, GetHolidays, GetNewLogs, GetUserList
from custom_components.timmy_access.protocol.commands.base import Page, Paged
from custom_components.timmy_access.protocol.commands.holidays import Holiday
from custom_components.timmy_access.protocol.commands.people import UserListPage, UserSlot
from custom_components.timmy_access.protocol.paging import ListProgress
from custom_components.timmy_access.protocol.session import Session

from .conftest import ScriptedTerminal

PAGE = 5
TOTAL = 20
# More questions than any of these lists takes; who asks as often asks for ever.
PATIENCE = 60

type Answer = Callable[[int], dict[str, Any]]


def row(number: int) -> dict[str, Any]:
    return {
        "enrollid": number,
        "name": f"Holiday {number}",
        "backupnum": 0,
        "time": f"2026-11-20 08:{number // 60 % 60:02}:{number % 60:02}",
        "mode": 1,
    }


def page(numbers: Sequence[int], start: int | None = None, count: int | None = None) -> dict[str, Any]:
    numbered = {} if start is None else {"from": start, "to": start + len(numbers)}
    return {**numbered, **({} if count is None else {"count": count}), "record": [row(number) for number in numbers]}


def part(index: int) -> range:
    return range(index * PAGE, (index + 1) * PAGE)


LISTS: dict[str, tuple[Answer, bool]] = {
    "one page for ever": (lambda _: page(part(0), 0, TOTAL), False),
    "one page for ever, without numbers": (lambda _: page(part(0)), False),
    "one page for ever, in another order": (
        lambda asked: page([*part(0)][asked % PAGE :] + [*part(0)][: asked % PAGE], 0),
        False,
    ),
    "one page for ever, with numbers that go on": (lambda asked: page(part(0), asked * PAGE, 10**6), False),
    "two pages for ever": (lambda asked: page(part(asked % 2), asked % 2 * PAGE, TOTAL), False),
    "two pages for ever, without numbers": (lambda asked: page(part(asked % 2)), False),
    "two pages for ever, with numbers that go on": (lambda asked: page(part(asked % 2), asked * PAGE, 10**6), False),
    "an empty page that promises more": (
        lambda asked: page(part(asked), asked * PAGE, TOTAL) if asked < 2 else page((), 0, TOTAL),
        False,
    ),
    "an empty page in place of the last ones": (
        lambda asked: page(part(asked), asked * PAGE, TOTAL) if asked < 2 else page(()),
        False,
    ),
    "a page left out": (
        lambda asked: page(part(asked + (asked > 1)), (asked + (asked > 1)) * PAGE) if asked < 3 else page((), 0, 0),
        False,
    ),
    "a page that cannot be read": (
        lambda asked: {"count": 4, "record": "?"} if asked == 1 else page(part(asked)) if asked < 4 else page(()),
        False,
    ),
    "a row that cannot be read": (
        lambda asked: page(part(asked)) if asked < 3 else {"record": [row(15), 16] if asked == 3 else []},
        False,
    ),
    "no row that can be read": (
        lambda asked: page(part(asked)) if asked < 3 else {"record": [15, 16] if asked == 3 else []},
        False,
    ),
    "counting down": (lambda asked: page(part(3 - asked), (3 - asked) * PAGE, TOTAL), True),
    "counting down, without numbers": (lambda asked: page(part(3 - asked)) if asked < 4 else page(()), True),
    "overlapping by one": (
        lambda asked: page(range(asked * (PAGE - 1), min(TOTAL, asked * (PAGE - 1) + PAGE)), asked * (PAGE - 1), TOTAL),
        True,
    ),
    "as it should be": (lambda asked: page(part(asked), asked * PAGE, TOTAL), True),
    "a page twice": (
        lambda asked: page(part(asked - (asked > 1)), (asked - (asked > 1)) * PAGE, TOTAL),
        True,
    ),
}


@pytest.mark.parametrize(
    "command", [GetUserList(), GetAllLogs(), GetNewLogs(), GetHolidays()], ids=lambda command: command.name
)
@pytest.mark.parametrize(("answer", "complete"), LISTS.values(), ids=LISTS)
async def test_a_list_ends(
    terminal: ScriptedTerminal, session: Session, command: Paged[Page], answer: Answer, *, complete: bool
) -> None:
    reading = asyncio.create_task(session.read_list(command))
    for asked in range(PATIENCE):
        hearing = asyncio.create_task(terminal.hear())
        await asyncio.wait({reading, hearing}, return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            hearing.cancel()
            break
        assert (await hearing)["cmd"] == command.name
        said = answer(asked)
        if command.name == GetHolidays.name:
            said["holidays"] = said.pop("record")
        await terminal.say({"ret": command.name, "result": True, **said})
    assert reading.done(), "it never ends"
    listing = await reading
    assert listing.complete is complete
    if complete and command.name == GetHolidays.name:
        assert {cast("Holiday", one).name for one in listing.rows} == {row(number)["name"] for number in range(TOTAL)}
    elif complete:
        assert {cast("UserSlot", one).enroll_id for one in listing.rows} == set(range(TOTAL))


async def test_a_list_that_always_has_something_new_ends(
    terminal: ScriptedTerminal, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging_module, "MAX_PAGES", 10)
    reading = asyncio.create_task(session.read_list(GetUserList()))
    for asked in range(10):
        await terminal.hear()
        await terminal.say({"ret": "getuserlist", "result": True, **page(part(asked), asked * PAGE, 10**6)})
    async with asyncio.timeout(exchange_module.PAGE_SECONDS):
        listing = await reading
    assert (len(listing.rows), listing.complete) == (50, False)


@st.composite
def lists(draw: st.DrawFn) -> tuple[int, list[dict[str, Any]]]:
    """Return how many people there are, and pages of them as firmware mixes them up, which end in an empty one."""
    total = draw(st.integers(1, 30))
    size = draw(st.integers(1, 8))
    numbered, counts = draw(st.booleans()), draw(st.sampled_from(["none", "page", "all"]))
    starts = list(range(0, total, size))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(starts)))
        match draw(st.sampled_from(["drop", "repeat", "swap"])):
            case "drop":
                del starts[at : at + 1]
            case "repeat":
                starts[at:at] = starts[max(0, at - 1) : at]
            case "swap":
                starts[at : at + 2] = reversed(starts[at : at + 2])
    pages = []
    for start in starts:
        numbers = range(start, min(total, start + size))
        count = {"none": None, "page": len(numbers), "all": total}[counts]
        pages.append(page(numbers, start if numbered else None, count))
    assume_tells_what_is_missing = numbered or counts == "all"
    return (total if assume_tells_what_is_missing else -1), [*pages, page((), 0 if numbered else None, 0)]


@given(lists())
def test_what_is_complete_has_everybody(made: tuple[int, list[dict[str, Any]]]) -> None:
    total, pages = made
    progress, found = ListProgress(), set[int | None]()
    for frame in pages:
        if progress.is_over:
            break
        said = UserListPage.parse(frame)
        if progress.take(said):
            found |= set(said.rows.column("enroll_id"))
    # Where neither numbers nor counts tell that a page is missing, nobody can know.
    if progress.complete and total >= 0 and found:
        # A tail that is missing shows only where the total is told.
        assert found == set(range(total)) or (max(cast("set[int]", found)) < total - 1 and _tells_no_total(pages))


def _tells_no_total(pages: Sequence[dict[str, Any]]) -> bool:
    return all(frame.get("count") in (None, 0, len(frame["record"])) for frame in pages)
