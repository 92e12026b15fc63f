"""Commands to one terminal and the replies to them.

Rules that keep doors safe:

* One command is in flight at a time, door commands first. A small command that the terminal leaves unanswered, as old
  firmware does with what it does not know, holds up a door for `DOOR_PATIENCE_SECONDS` and not longer.
* A door command is written within `DOOR_WRITE_SECONDS` of when somebody asked or not at all, and never twice.
* What a door command depends on is looked at again in the step in which it is written.
* A door command that was cancelled is not written. If a part of it may still be here, the connection is reset. If it
  has left, its turn lasts until the reply, which is nobody else's; the connection of a terminal that answers stays.
* A door command without an answer resets the connection, so that what still waits in a stalled network cannot reach
  the terminal later.
* A question that is less urgent than what somebody else waits for holds that up for `QUESTION_SECONDS` and not longer.
  Its answer is still taken whenever it comes, and it is not sent again.
* A reply that arrives after its command timed out is never taken for the answer to the next command of that name.
"""

import asyncio
from collections.abc import Callable, Collection
from typing import Any, Protocol, cast

from .codec import Frame
from .commands import GetTime
from .commands.base import Command, Page, Paged, Reply
from .counters import Counters
from .errors import CommandRefused, CommandTimeout, TerminalBusy, TerminalOffline
from .paging import Listing, ListProgress, PageTaker
from .peer import printable
from .turns import Priority, Turn, Turns
from .waiter import Waiter
from .wire import Structure

# A door that opens long after somebody asked for it is a security fault.
DOOR_WRITE_SECONDS = 2.0
# Terminals answer small commands within milliseconds (field notes 1, throughput); one that has not answered within this
# time has most likely not understood (field notes 5, all), and nobody should stand before a locked door for that.
DOOR_PATIENCE_SECONDS = 0.8
# The same for whoever waits for something else. Some terminals leave some questions unanswered, at each connection.
QUESTION_SECONDS = 0.8
# Terminals answer `opendoor` within milliseconds, and somebody stands at the door.
DOOR_ANSWER_SECONDS = 5.0
# Further pages follow at once or never (field notes 5: silence may mark the end of a list).
PAGE_SECONDS = 5.0
# How often a read is sent in all before it counts as unanswered; the vendor's server tries thrice (field notes 0.4).
READ_ATTEMPTS = 2
# How long the reply to a command that timed out may still be on its way; Java servers in the field wait 20 s.
LATE_SECONDS = 30.0
# English v3.0 prints the failure of getdevlock under the name of setdevlock (field notes 5).
MISNAMED_REPLIES = {"setdevlock": "getdevlock"}


# Raises where a door is not to be moved, or something not to be written, after all.
type Check = Callable[[], None]


class Request(Protocol):
    """Sends a command and returns its typed reply, as `Exchange.request` does."""

    async def __call__[R: Reply](self, command: Command[R], priority: Priority = Priority.INTERACTIVE) -> R:
        """Send a command; raises as `Exchange.request`."""


class MoveDoor(Protocol):
    """Sends a command that moves a door and returns its typed reply, as `Exchange.move_door` does."""

    async def __call__[R: Reply](
        self, command: Command[R], asked_at: float, on_moved: Callable[[], None] | None = None, *checks: Check
    ) -> R:
        """Send a command; raises as `Exchange.move_door`."""


class Sender(Protocol):
    """How commands get to the terminal; `Outlet` is one."""

    async def send(self, frame: Frame) -> None:
        """Hand over a frame in this very step; raises `TerminalOffline`."""

    async def send_wholly(self, frame: Frame) -> None:
        """Send as `send`, and return only when nothing of it is left here."""

    @property
    def holds_back(self) -> bool:
        """Whether something of what was sent is still here."""


class Exchange:
    """One command in flight, and the replies that may belong to it."""

    def __init__(self, sender: Sender, reset: Callable[[], None], counters: Counters) -> None:
        """Send by `sender`, and drop the connection with all that is unsent on it by `reset`."""
        self._sender = sender
        self._reset = reset
        self._counters = counters
        self._loop = asyncio.get_running_loop()
        self._turns = Turns(begun=False)
        self._detached_turns = Turns()
        self._door_turns = Turns()
        self._list_turns = Turns()
        self._begun = False
        self._waiting: dict[str, Waiter] = {}
        self._late: dict[str, tuple[int, float]] = {}
        self._ended = False
        self._on_its_way: asyncio.Task[Any] | None = None

    def begin(self) -> None:
        """Let commands go: the registration has been answered, and the terminal listens from now on."""
        if not self._begun:
            self._begun = True
            self._turns.begin()

    def end(self) -> None:
        """Fail every command that waits; the connection is over."""
        self._ended = True
        self.begin()  # those who wait for that too: each fails when its turn comes
        for waiter in self._waiting.values():
            waiter.replies.put_nowait(None)

    @property
    def door_on_its_way(self) -> bool:
        """Whether a door command has been handed over and is not answered yet."""
        return self._on_its_way is not None

    def take_reply(self, name: str, frame: Frame) -> None:
        """Give a reply to the command that waits for it, or count it as unexpected."""
        if name not in self._waiting:
            name = MISNAMED_REPLIES.get(name, name)
        waiter = self._waiting.get(name)
        if self._is_late(name) or waiter is None or not waiter.command.answered_by(frame):
            self._counters.unexpected_replies += 1
            return
        waiter.replies.put_nowait(frame)

    async def request[R: Reply](
        self, command: Command[R], priority: Priority = Priority.INTERACTIVE, *checks: Check
    ) -> R:
        """Send a command and return its typed reply; `checks` are made in the step in which it is written.

        Raises `TerminalOffline`, `CommandTimeout`, `CommandRefused`, what a check raises, and for door commands, which
        are asked for just now, what `move_door` raises.
        """
        if command.moves_door:
            return await self.move_door(command, self._loop.time(), None, *checks)
        if command.detached:
            async with self._detached_turns.turn(priority):
                return await self._request_detached(command, priority, checks)
        patience = QUESTION_SECONDS if priority > Priority.INTERACTIVE and command.repeatable else None
        async with self._turns.turn(priority, lends=command.is_small, patience=patience) as turn:
            return await self._exchange(command, turn, checks)

    async def move_door[R: Reply](
        self, command: Command[R], asked_at: float, on_moved: Callable[[], None] | None = None, *checks: Check
    ) -> R:
        """Send a command that moves a door for somebody who asked at `asked_at`, in the loop's time.

        Whatever was done since then counts: it is written before `DOOR_WRITE_SECONDS` have passed, or never. It is
        written once. Whoever is cancelled before it is written has not sent it. Cancelled while a part of it may be
        here, it is thrown away with the connection. Cancelled later, it is out of our hands: a terminal answers within
        milliseconds, nothing else is taken for that answer, and one that does not answer is reset as ever.

        `on_moved` is called when the terminal has done it, also when nobody waits for that any more. `checks` are made
        in the step in which it is written: what was true when somebody asked need not be then. Raises what they raise,
        `TerminalBusy` where it was not written in time, `CommandTimeout`, `CommandRefused` and `TerminalOffline`.
        """
        asking = cast("asyncio.Task[object]", asyncio.current_task())
        before = asking.cancelling()
        moving = asyncio.create_task(
            self._move(command, asked_at + DOOR_WRITE_SECONDS, lambda: asking.cancelling() == before, on_moved, checks),
            name=command.name,
            eager_start=True,
        )
        try:
            await asyncio.wait((moving,))
        except asyncio.CancelledError:
            is_on_its_way = self._on_its_way is moving
            if is_on_its_way and self._sender.holds_back:
                self._reset()
                is_on_its_way = False
            if not is_on_its_way:
                moving.cancel()
            moving.add_done_callback(_forget)
            raise
        return moving.result()

    async def read_list[P: Page](
        self, command: Paged[P], priority: Priority = Priority.BULK, on_page: PageTaker | None = None
    ) -> Listing[Structure]:
        """Read all pages of a list (field notes 5, getuserlist); between pages more urgent commands go first.

        Each page goes to `on_page` where that is given, before the next is asked for, and the listing then has no
        rows: logs may be too long to be held. Raises as `request` does when not even the first page came, and what
        `on_page` raises; what else ends a list later leaves it incomplete.
        """
        async with self._list_turns.turn(priority):
            progress = await self._read_pages(command, priority, on_page)
        if not progress.pages:
            raise CommandTimeout(command.name, is_question=True)
        return Listing(rows=tuple(progress.held), complete=progress.complete)

    async def _read_pages[P: Page](
        self, command: Paged[P], priority: Priority, on_page: PageTaker | None
    ) -> ListProgress:
        progress = ListProgress()
        waiter: Waiter | None = None
        owed = False
        request: Command[P] = command
        try:
            while not progress.is_over:
                patience = QUESTION_SECONDS if priority > Priority.INTERACTIVE else None
                async with self._turns.turn(priority, lends=True, patience=patience):
                    if waiter is None:
                        await self._fence(command)
                        waiter = self._expect(command)
                    if waiter.replies.empty():
                        owed = True
                        await self._sender.send(request.frame())
                    page = cast("P", await self._read_page(waiter, first=not progress.pages))
                    owed = False
                request = command.following()
                if progress.take(page):
                    if on_page is None:
                        progress.held += page.rows
                    else:
                        await on_page(page)
        except TimeoutError:
            progress.fall_silent()
        except CommandRefused, TerminalOffline:
            owed = False
            if not progress.pages:
                raise
        finally:
            self._expect_no_more(waiter)
            if owed:
                self._remember_late(command, 1)
        return progress

    async def _move[R: Reply](
        self,
        command: Command[R],
        deadline: float,
        wanted: Callable[[], bool],
        on_moved: Callable[[], None] | None,
        checks: Collection[Check],
    ) -> R:
        begun = False
        try:
            async with (
                asyncio.timeout_at(deadline) as until_written,
                self._door_turns.turn(Priority.DOOR),
                self._turns.urgent(DOOR_PATIENCE_SECONDS),
            ):
                waiter = self._expect(command)
                try:
                    self._check(deadline, wanted, checks)
                    begun = True
                    self._on_its_way = asyncio.current_task()
                    await self._sender.send_wholly(command.frame())
                    until_written.reschedule(None)
                    reply = await self._door_reply(command, waiter)
                finally:
                    self._on_its_way = None
                    self._expect_no_more(waiter)
        except TimeoutError:
            if begun:  # a part of it may wait in a stalled network
                self._reset()
            raise TerminalBusy(command.name) from None
        if on_moved is not None:
            on_moved()
        return reply

    def _check(self, deadline: float, wanted: Callable[[], bool], checks: Collection[Check]) -> None:
        """Raise where it is too late, or nobody wants it: a turn may come before the time-out or cancellation does."""
        if self._loop.time() >= deadline:
            raise TimeoutError
        if not wanted():
            raise asyncio.CancelledError
        for check in checks:
            check()

    async def _door_reply[R: Reply](self, command: Command[R], waiter: Waiter) -> R:
        try:
            return self._checked(command, await waiter.reply(DOOR_ANSWER_SECONDS))
        except TimeoutError:
            self._counters.timeouts += 1
            self._reset()
            raise CommandTimeout(command.name) from None

    async def _request_detached[R: Reply](
        self, command: Command[R], priority: Priority, checks: Collection[Check]
    ) -> R:
        waiter = self._expect(command)
        owed = False
        try:
            async with self._turns.turn(priority, lends=True):
                await self._fence(command)
                for check in checks:
                    check()
                owed = True
                await self._sender.send(command.frame())
            frame = await waiter.reply(command.timeout)
            owed = False
            return self._checked(command, frame)
        except TimeoutError:
            self._counters.timeouts += 1
            raise CommandTimeout(command.name) from None
        finally:
            self._expect_no_more(waiter)
            if owed:
                self._give_up(command, 1)

    async def _exchange[R: Reply](
        self, command: Command[R], turn: Turn | None = None, checks: Collection[Check] = ()
    ) -> R:
        if not command.repeatable:
            await self._fence(command)
        waiter = self._expect(command, turn)
        sent = 0
        try:
            while sent < (READ_ATTEMPTS if command.repeatable else 1) and not waiter.has_lost_its_turn:
                for check in checks:
                    check()
                sent += 1
                await self._sender.send(command.frame())
                if not command.timeout:
                    sent = 0
                    return command.read({})
                try:
                    frame = await waiter.reply(command.timeout)
                except TimeoutError:
                    self._counters.timeouts += 1
                    continue
                self._late.clear()  # terminals answer in order: nothing older can follow
                sent -= 1
                return self._checked(command, frame)
        finally:
            self._expect_no_more(waiter)
            # An answer to the same question is as good for who asks it now.
            if sent and waiter.successor != command:
                self._give_up(command, sent)
        raise CommandTimeout(command.name, is_question=command.repeatable)

    async def _fence(self, command: Command[Any]) -> None:
        """Make sure that no reply to an earlier command of this name can follow.

        Terminals answer in order, so after the answer to one small question nothing older is on its way.
        """
        if command.name in self._late:
            await self._exchange(GetTime())

    async def _read_page[P: Page](self, waiter: Waiter, *, first: bool) -> P:
        seconds = waiter.command.timeout if first else PAGE_SECONDS
        return cast("P", self._checked(waiter.command, await waiter.reply(seconds)))

    def _expect(self, command: Command[Any], turn: Turn | None = None) -> Waiter:
        if self._ended:
            raise TerminalOffline(command.name)
        if (before := self._waiting.get(command.name)) is not None and before.has_lost_its_turn:
            before.give_up_for(command)
        waiter = self._waiting[command.name] = Waiter(command, turn)
        return waiter

    def _expect_no_more(self, waiter: Waiter | None) -> None:
        if waiter is not None and self._waiting.get(waiter.command.name) is waiter:
            del self._waiting[waiter.command.name]

    def _checked[R: Reply](self, command: Command[R], frame: Frame) -> R:
        reply = command.read(frame)
        if reply.result is False:
            raise CommandRefused(command.name, reply.reason, printable(reply.message or ""))
        return reply

    def _give_up(self, command: Command[Any], count: int) -> None:
        """Expect late replies to a command; one that changes something and may still be here does not arrive at all."""
        self._remember_late(command, count)
        if self._sender.holds_back and not command.repeatable:
            self._reset()

    def _remember_late(self, command: Command[Any], count: int) -> None:
        self._late[command.name] = (count, self._loop.time() + LATE_SECONDS)

    def _is_late(self, name: str) -> bool:
        count, until = self._late.pop(name, (0, 0.0))
        if not count or self._loop.time() > until:
            return False
        if count > 1:
            self._late[name] = (count - 1, until)
        return True


def _forget(task: asyncio.Task[Any]) -> None:
    """Look at how something has ended that nobody waits for any more."""
    if not task.cancelled():
        task.exception()
