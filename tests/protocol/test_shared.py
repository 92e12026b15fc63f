"""Work that several may wait for, and whoever is cancelled leaves to the others."""

import asyncio

import pytest

from custom_components.timmy_access.protocol.shared import outcome_of


async def test_the_others_go_on_waiting_and_a_late_failure_is_no_error() -> None:
    loop = asyncio.get_running_loop()
    errors: list[str] = []
    loop.set_exception_handler(lambda _, context: errors.append(context["message"]))
    work: asyncio.Future[int] = loop.create_future()
    leaving, staying = asyncio.create_task(outcome_of(work)), asyncio.create_task(outcome_of(work))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait([leaving])
    assert not work.done()
    work.set_exception(ValueError("late"))
    with pytest.raises(ValueError, match="late"):
        await staying
    assert leaving.cancelled()
    assert errors == []


async def test_a_result_is_returned() -> None:
    assert await outcome_of(asyncio.ensure_future(asyncio.sleep(0, 7))) == 7
