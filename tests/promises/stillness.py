"""An event loop whose time passes only when somebody says so, and then from one thing that is due to the next."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor

from ..listener.standing_clock import StandingClock

# Rounds of the loop after which something goes round in a circle.
ENDLESS = 200_000
# So many rounds take a moment on any machine.
LONG = 10_000
TICK = 1e-6


class StillLoop(StandingClock):
    """Runs until nothing more happens without time, as fast as the processor can.

    `idle` is its time without that in which it was busy with something else.
    """

    idle = 0.0
    # What asyncio does not tell: what is to be done, now and later.
    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]

    def run_in_executor[*Ts, T](
        self,
        executor: Executor | None,  # noqa: ARG002 - as asyncio has it
        func: Callable[[*Ts], T],
        *args: *Ts,
    ) -> asyncio.Future[T]:
        """Do at once what a thread would do in its own time, which nobody here could wait for."""
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as err:  # noqa: BLE001 - for whoever waits for it
            done.set_exception(err)
        return done

    def settle(self) -> None:
        """Let everything happen that waits for nothing."""
        self.run_until_complete(self._until_still())

    def advance(self, seconds: float) -> None:
        """Let time pass: what is due happens when it is due."""
        until = self.now + seconds
        self.settle()
        while (due := self._next_due()) is not None and due <= until:
            self._go_to(due)
        self._go_to(until)

    def be_busy(self, seconds: float) -> None:
        """Do something else, while nothing happens that is due."""
        self.now += seconds

    def forget_timers(self) -> None:
        """Let nothing that is planned happen."""
        for timer in self._scheduled:
            timer.cancel()

    async def _until_still(self) -> None:
        for step in range(ENDLESS):
            if not self._ready and ((due := self._next_due()) is None or due > self.now):
                return
            if step and not step % LONG:  # whoever sleeps for less than a float can tell waits for a clock that goes
                self.now += TICK
            await asyncio.sleep(0)
        raise AssertionError("it never comes to rest")

    def _go_to(self, moment: float) -> None:
        passed = max(0.0, moment - self.now)
        self.now += passed
        self.idle += passed
        self.settle()

    def _next_due(self) -> float | None:
        return min((timer.when() for timer in self._scheduled if not timer.cancelled()), default=None)
