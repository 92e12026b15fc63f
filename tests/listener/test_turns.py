"""Who may send next."""

import asyncio

from hypothesis import given, settings, strategies as st

from custom_components.timmy_access.protocol.turns import Priority, Turns

# (priority, is cancelled while waiting)
CALLERS = st.lists(st.tuples(st.sampled_from(Priority), st.booleans()), max_size=20)


@given(callers=CALLERS)
@settings(deadline=None)
def test_one_at_a_time_by_priority_then_arrival(callers: list[tuple[Priority, bool]]) -> None:
    served: list[int] = []
    holders = 0

    async def scenario() -> None:
        turns = Turns()
        release = asyncio.Event()

        async def first() -> None:
            async with turns.turn(Priority.BULK):
                await release.wait()

        async def caller(index: int, priority: Priority) -> None:
            nonlocal holders
            async with turns.turn(priority):
                holders += 1
                assert holders == 1
                await asyncio.sleep(0)
                served.append(index)
                holders -= 1

        holder = asyncio.create_task(first())
        await asyncio.sleep(0)
        tasks = [asyncio.create_task(caller(index, priority)) for index, (priority, _) in enumerate(callers)]
        await asyncio.sleep(0)
        assert turns.waiting == len(callers)
        for task, (_, cancelled) in zip(tasks, callers, strict=True):
            if cancelled:
                task.cancel()
        release.set()
        await asyncio.gather(holder, *tasks, return_exceptions=True)
        assert turns.waiting == 0
        async with turns.turn(Priority.BULK):  # the turn is free again
            pass

    asyncio.run(scenario())
    staying = [index for index, (_, cancelled) in enumerate(callers) if not cancelled]
    assert served == sorted(staying, key=lambda index: (callers[index][0], index))


async def test_a_turn_that_comes_with_the_cancellation_is_passed_on() -> None:
    turns = Turns()
    order: list[str] = []

    async def caller(name: str) -> None:
        async with turns.turn(Priority.INTERACTIVE):
            order.append(name)

    async with turns.turn(Priority.DOOR):
        cancelled = asyncio.create_task(caller("cancelled"))
        waiting = asyncio.create_task(caller("waiting"))
        await asyncio.sleep(0)
    cancelled.cancel()  # its future is set already, but it has not run yet
    await asyncio.gather(cancelled, waiting, return_exceptions=True)
    assert order == ["waiting"]
