"""One command after which nothing else is said over a connection, and the answer to it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from .codec import Frame, decode
from .commands.base import Command
from .errors import CommandInvalid, MalformedFrame, TerminalOffline
from .exchange import DOOR_ANSWER_SECONDS


class LastWord:
    """A command that leaves in the step in which this is made, and is not sent again."""

    def __init__(self, command: Command[Any], send: Callable[[Frame], Awaitable[None]]) -> None:
        """Send it."""
        self._command = command
        self._answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        async def _send() -> None:
            try:
                await send(command.frame())
            except TerminalOffline:
                self.give_up()

        self._sending = asyncio.create_task(_send(), name=f"last {command.name}", eager_start=True)

    def hear(self, data: str | bytes) -> None:
        """Look whether a frame is the answer; whatever else the terminal says is nothing any more."""
        with suppress(MalformedFrame, CommandInvalid):
            frame = decode(data)
            # Some firmware answers with cmd (field notes 1).
            if (frame.get("ret") or frame.get("cmd")) == self._command.name and not self._answer.done():
                self._answer.set_result(self._command.read(frame).result is not False)

    def give_up(self) -> None:
        """Expect no answer any more."""
        if not self._answer.done():
            self._answer.set_result(False)

    async def answered(self) -> bool:
        """Return whether the terminal has done it; waits for that as long as for any answer about a door."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DOOR_ANSWER_SECONDS):
                await asyncio.shield(self._answer)
        self.give_up()
        return self._answer.result()
