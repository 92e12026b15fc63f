"""Work that needs the database: done again for as long as that is away, and as soon as it is back."""

from asyncio import Task, wait
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..const import LOGGER
from ..ledger import Health, Ledger, LedgerUnavailable

# How long to wait before what did not work is tried again, if nothing says earlier that the database is back.
AGAIN_SECONDS = 10.0

type Begin = Callable[[Coroutine[Any, Any, None], str], Task[None]]


class PatientWork:
    """Has one piece of work done, never twice at a time, and never again once it was stopped.

    The work does all that waits, nothing where nothing does, and raises `LedgerUnavailable` where the database is away.
    What is asked for while it is done is done after it. `name` says in the log what it does.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        ledger: Ledger,
        work: Callable[[], Awaitable[None]],
        name: str,
        begin: Begin | None = None,
    ) -> None:
        """Do nothing until `async_start`. `begin` makes a task of it, in the background unless told otherwise."""
        self._hass = hass
        self._ledger = ledger
        self._work = work
        self._name = name
        self._begin = begin or _in_background(hass)
        self._job = HassJob(self._async_due, name, cancel_on_shutdown=True)
        self._task: Task[None] | None = None
        self._is_asked = self._is_running = self._is_over = False
        self._cancel: CALLBACK_TYPE | None = None
        self._unsubscribe: CALLBACK_TYPE | None = None

    @property
    def is_on(self) -> bool:
        """Whether it has been started, and not been stopped."""
        return self._unsubscribe is not None

    @callback
    def async_start(self) -> None:
        """Do it from now on when it is asked for, and whenever the database is back or another one.

        Nothing where it was stopped: who starts slowly may have been told to stop meanwhile.
        """
        if self._unsubscribe is None and not self._is_over:
            self._unsubscribe = self._ledger.subscribe(self._async_found)

    async def async_stop(self, seconds: float | None = None) -> None:
        """Do what waits, for so long at most, and from then on nothing; a second time does nothing."""
        self._is_over = True
        if self._unsubscribe is None:
            return
        self.async_now()
        self._unsubscribe()
        self._unsubscribe = None
        self._async_cancel()
        if (task := self._task) is not None and not task.done():
            await wait((task,), timeout=seconds)
            task.cancel()
            await wait((task,))

    @callback
    def async_cancel(self) -> None:
        """Do nothing from now on, and leave what is being done where it is."""
        self._is_over = True
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._async_cancel()
        if self._task is not None:
            self._task.cancel()

    @callback
    def async_now(self) -> None:
        """Do it at once, or as soon as what is being done is done."""
        if self._unsubscribe is None:
            return
        self._is_asked = True
        if not self._is_running:
            self._is_running = True
            self._async_cancel()
            self._task = self._begin(self._async_do(), self._name)

    @callback
    def async_within(self, seconds: float) -> None:
        """Do it after so many seconds; what is to be done anyway, or waits for the database, stays when it is."""
        if self._unsubscribe is not None and self._cancel is None:
            self._cancel = async_call_later(self._hass, seconds, self._job)

    @callback
    def async_again(self) -> None:
        """Do it a while after somebody else has found the database away."""
        self._async_cancel()
        self.async_within(AGAIN_SECONDS)

    async def async_done(self) -> None:
        """Do it at once, and return when it has been done, has not worked or was stopped; raises what it raises."""
        self.async_now()
        if (task := self._task) is not None:
            # A task that is awaited, shielded or not, cancels who awaits it together with itself.
            await wait((task,))
            if not task.cancelled():
                task.result()

    async def _async_do(self) -> None:
        try:
            while self._is_asked:
                self._is_asked = False
                await self._work()
        except LedgerUnavailable as err:
            LOGGER.debug("It waits for the database to %s: %s", self._name, err)
            self.async_again()
        finally:
            self._is_running = False

    @callback
    def _async_found(self, health: Health) -> None:
        if health.available:
            self.async_now()

    @callback
    def _async_due(self, _: object) -> None:
        self._cancel = None
        self.async_now()

    @callback
    def _async_cancel(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None


def _in_background(hass: HomeAssistant) -> Begin:
    def _begin(work: Coroutine[Any, Any, None], name: str) -> Task[None]:
        return hass.async_create_background_task(work, name, eager_start=False)

    return _begin
