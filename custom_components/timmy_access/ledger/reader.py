"""Reads beside the writer, on connections of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from sqlalchemy import Connection

from .database import Database
from .errors import Cause, LedgerError, LedgerUnavailable
from .failures import failure_of
from .limits import READERS, Limits


class Reader:
    """Answers questions in a few threads; never waits for the writer."""

    def __init__(self, database: Database, limits: Limits, suspect: Callable[[], Awaitable[None]]) -> None:
        """Prepare; `suspect` has the database checked and is awaited when a question finds it corrupt."""
        self._database = database
        self._limits = limits
        self._suspect = suspect
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="timmy_access ledger reader")
        self._closed = False

    async def ask[T](self, question: Callable[[Connection], T]) -> T:
        """Return the answer to a question; raises `LedgerUnavailable`, and what the question raises."""
        if self._closed:
            raise LedgerUnavailable(Cause.CLOSED, "closed")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._limits.read):
                return await loop.run_in_executor(self._pool, self._answer, question)
        except TimeoutError:
            raise LedgerUnavailable(Cause.SLOW, "the question took too long") from None
        except asyncio.CancelledError:
            # What waited for a thread is cancelled by closing, and not by whoever wanted to end the caller.
            if self._closed and (task := asyncio.current_task()) is not None and not task.cancelling():
                raise LedgerUnavailable(Cause.CLOSED, "closed") from None
            raise
        except LedgerUnavailable as err:
            if err.cause is Cause.CORRUPT:
                with suppress(LedgerUnavailable):
                    await self._suspect()
            raise

    async def close(self, patience: float) -> None:
        """Answer nothing more, and wait for what is being read."""
        self._closed = True
        shutdown = partial(self._pool.shutdown, cancel_futures=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await asyncio.get_running_loop().run_in_executor(None, shutdown)

    def _answer[T](self, question: Callable[[Connection], T]) -> T:
        try:
            with self._database.reading() as connection:
                return question(connection)
        except LedgerError:
            raise
        except Exception as err:  # noqa: BLE001 - a driver may raise anything
            raise failure_of(err).error() from None
