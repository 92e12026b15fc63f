"""What one connection may take of the processor: what it computes counts, and what it waits for does not."""

import asyncio
from collections.abc import Coroutine
import threading
from typing import Any

import pytest

from custom_components.timmy_access.protocol import codec
from custom_components.timmy_access.protocol.effort import PROCESSOR_SHARE, Effort


class Processor(threading.local):
    """Computes, and knows for how long it has in each thread."""

    seconds = 0.0

    def compute(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def processor() -> Processor:
    return Processor()


@pytest.fixture
def effort(processor: Processor) -> Effort:
    """Return an effort for which no time passes but that of the processor."""
    return Effort(lambda: processor.seconds, lambda: 0.0)


async def counted[T](effort: Effort, work: Coroutine[Any, Any, T]) -> T:
    return await effort.through(work)


async def test_each_step_counts_and_what_others_do_between_them_does_not(processor: Processor, effort: Effort) -> None:
    goes_on = asyncio.Event()

    async def _work() -> str:
        processor.compute(1.0)
        await goes_on.wait()
        processor.compute(0.25)
        await asyncio.sleep(0)
        processor.compute(0.25)
        return "done"

    async def _others() -> None:
        processor.compute(100.0)
        goes_on.set()

    task = asyncio.create_task(counted(effort, _work()))
    await asyncio.create_task(_others())
    assert await task == "done"
    # What fits into a second is free, and each second more takes its share.
    assert effort.rest() == pytest.approx((1.5 - PROCESSOR_SHARE) / PROCESSOR_SHARE)


async def test_what_waits_long_may_go_on_at_once(processor: Processor, effort: Effort) -> None:
    async def _work() -> None:
        processor.compute(PROCESSOR_SHARE)
        await asyncio.sleep(0)

    async def _others() -> None:
        processor.compute(1_000.0)

    others = asyncio.create_task(_others())
    await effort.through(_work())
    assert others.done()
    assert effort.rest() == 0.0


async def test_an_error_and_a_cancellation_reach_the_work_and_come_out_of_it(effort: Effort) -> None:
    seen: list[str] = []

    async def _fails() -> None:
        await asyncio.sleep(0)
        raise KeyError("x")

    async def _waits() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def _bears_it() -> str:
        try:
            async with asyncio.timeout(0):
                await asyncio.get_running_loop().create_future()
        except TimeoutError:
            return "late"
        return "never"

    with pytest.raises(KeyError):
        await effort.through(_fails())
    task = asyncio.create_task(counted(effort, _waits()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["cancelled"]
    assert await effort.through(_bears_it()) == "late"


async def test_what_is_read_beside_the_event_loop_counts(
    processor: Processor, effort: Effort, monkeypatch: pytest.MonkeyPatch
) -> None:
    tolerantly = codec._decode_tolerantly

    def _slowly(data: str | bytes) -> object:
        processor.compute(1.0)
        return tolerantly(data)

    monkeypatch.setattr(codec, "_decode_tolerantly", _slowly)
    frame = '{"cmd":"x","a":"' + "y" * codec.MAX_TOLERATED_IN_LOOP + '",}'
    assert (await effort.through(codec.decode_fairly(frame, effort)))["cmd"] == "x"
    assert effort.rest() == pytest.approx((1.0 - PROCESSOR_SHARE) / PROCESSOR_SHARE)
