"""Work that several may wait for."""

import asyncio


async def outcome_of[T](work: asyncio.Future[T]) -> T:
    """Wait for work and return or raise what becomes of it; whoever is cancelled meanwhile leaves it to the others.

    As `asyncio.shield`, which logs a failure that comes after that as an error. Whoever begins the work sees to it that
    its failure is known when nobody waits any more.
    """
    if not work.done():
        await asyncio.wait([work])
    return work.result()
