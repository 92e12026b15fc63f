"""What is wrong with a terminal for so long that somebody should look at it: repair issues that come and go."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later

from ..const import LOGGER
from ..issues import DATA_SERIAL, async_clear, async_raise
from ..protocol.errors import ProtocolError
from ..protocol.messages import DeviceInfo
from ..records.allowance import RECORDS_A_DAY
from ..terminal.settings import DEVICE, SERVER_APPROVAL_KEY
from ..terminal.wrong_stretch import DRIFT_TOLERANCE
from .terminal import Terminal

# A tenth left: of 3,000 people some weeks of newcomers, of 100,000 records some weeks of punches.
NEARLY_FULL = 0.9
# The question that follows a registration tells by then whether the terminal has taken over our time.
CLOCK_PATIENCE = timedelta(minutes=1)
# Whoever services a terminal has closed its housing by then.
TAMPER_PATIENCE = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something that may be wrong; `kind` is the translation key of its issue.

    `ask_fn` asks the terminal once more before anybody is told.
    """

    ask_fn: Callable[[Terminal], Awaitable[None]] | None = None
    kind: str
    fixable: bool = False
    patience: timedelta = timedelta(0)
    placeholders_fn: Callable[[Terminal], dict[str, str]] = lambda _: {}
    present_fn: Callable[[Terminal], bool]
    severity: ir.IssueSeverity = ir.IssueSeverity.WARNING


def _is_clock_wrong(terminal: Terminal) -> bool:
    """Return whether the clock is so wrong that what happens now might soon be taken for history."""
    ahead = terminal.coordinator.data.clock_ahead
    return ahead is not None and abs(ahead) > max(DRIFT_TOLERANCE, terminal.clock.live_window / 2).total_seconds()


def _capacity(
    what: str, used_fn: Callable[[DeviceInfo], int | None], capacity_fn: Callable[[DeviceInfo], int | None]
) -> Trouble:
    def _present(terminal: Terminal) -> bool:
        info = terminal.coordinator.data.info
        used, capacity = used_fn(info), capacity_fn(info)
        return bool(capacity) and used is not None and capacity is not None and used >= NEARLY_FULL * capacity

    def _placeholders(terminal: Terminal) -> dict[str, str]:
        info = terminal.coordinator.data.info
        return {"used": str(used_fn(info)), "capacity": str(capacity_fn(info))}

    return Trouble(
        kind=f"capacity_{what}",
        # Records are in the access log, and may be deleted from the terminal; whom to delete, only people know.
        fixable=what == "logs",
        placeholders_fn=_placeholders,
        present_fn=_present,
    )


def _asks_in_vain(terminal: Terminal) -> bool:
    """Return whether the terminal waits at each punch for an answer that nobody gives: it lets in nobody."""
    state = terminal.coordinator.data
    return bool(DEVICE.value(state, SERVER_APPROVAL_KEY)) and not state.is_decided_about


TROUBLES: tuple[Trouble, ...] = (
    Trouble(
        kind="approval_unanswered",
        fixable=True,
        present_fn=_asks_in_vain,
        severity=ir.IssueSeverity.ERROR,
    ),
    _capacity("cards", lambda info: info.cards_used, lambda info: info.cards_capacity),
    _capacity("faces", lambda info: info.faces_used, lambda info: info.faces_capacity),
    _capacity("fingerprints", lambda info: info.fingerprints_used, lambda info: info.fingerprints_capacity),
    _capacity("logs", lambda info: info.logs_used, lambda info: info.logs_capacity),
    _capacity("palms", lambda info: info.palms_used, lambda info: info.palms_capacity),
    _capacity("passwords", lambda info: info.passwords_used, lambda info: info.passwords_capacity),
    _capacity("users", lambda info: info.users_used, lambda info: info.users_capacity),
    Trouble(
        kind="clock_wrong",
        # What a registration tells may be older than the connection it comes over (field notes 2).
        ask_fn=lambda terminal: terminal.upkeep.async_read_clock(),
        fixable=True,
        patience=CLOCK_PATIENCE,
        placeholders_fn=lambda terminal: {"seconds": str(terminal.coordinator.data.clock_ahead)},
        present_fn=_is_clock_wrong,
    ),
    Trouble(
        kind="log_allowance_used_up",
        placeholders_fn=lambda _: {"records": f"{RECORDS_A_DAY:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")},
        present_fn=lambda terminal: terminal.records.allowance.is_used_up,
        severity=ir.IssueSeverity.ERROR,
    ),
    Trouble(kind="pins_guessed", present_fn=lambda terminal: terminal.coordinator.data.pins_guessed),
    Trouble(kind="records_ahead", fixable=True, present_fn=lambda terminal: terminal.coordinator.data.records_ahead),
    Trouble(
        kind="records_left_out",
        placeholders_fn=lambda terminal: {"count": str(terminal.coordinator.data.unread.left_out)},
        present_fn=lambda terminal: terminal.coordinator.data.unread.left_out > 0,
        severity=ir.IssueSeverity.ERROR,
    ),
    Trouble(
        kind="records_unread",
        placeholders_fn=lambda terminal: {"count": str(terminal.coordinator.data.unread.kept)},
        present_fn=lambda terminal: terminal.coordinator.data.unread.kept > 0,
    ),
    Trouble(
        kind="tamper_stuck",
        fixable=True,
        patience=TAMPER_PATIENCE,
        present_fn=lambda terminal: terminal.coordinator.data.contacts.tamper,
    ),
)


class TroubleWatch:
    """Looks at one terminal whenever its state changes."""

    def __init__(self, hass: HomeAssistant, entry_id: str, terminal: Terminal) -> None:
        """Look at nothing yet."""
        self._hass = hass
        self._entry_id = entry_id
        self._terminal = terminal
        self._waiting: dict[str, CALLBACK_TYPE] = {}
        self._shown: set[str] = set()
        self._unsubscribe: list[CALLBACK_TYPE] = []

    @callback
    def async_start(self) -> None:
        """Look now, and at every change."""
        self._unsubscribe = [
            self._terminal.coordinator.async_add_listener(self._async_look),
            self._terminal.records.allowance.async_listen(self._async_look),
        ]
        self._async_look()

    @callback
    def async_stop(self, *, clear: bool) -> None:
        """Look no more, and take the issues back unless they are to wait for the next start."""
        while self._unsubscribe:
            self._unsubscribe.pop()()
        if clear:
            self._terminal.links.async_stop_asking()
        for trouble in TROUBLES:
            self._async_cancel(trouble.kind)
            if clear:
                async_clear(self._hass, trouble.kind, self._terminal.serial)

    @callback
    def _async_look(self) -> None:
        for trouble in TROUBLES:
            if not trouble.present_fn(self._terminal):
                self._async_end(trouble)
            elif trouble.kind in self._shown or not trouble.patience:
                self._async_show(trouble)
            elif trouble.kind not in self._waiting:
                self._async_wait(trouble)

    @callback
    def _async_wait(self, trouble: Trouble) -> None:
        @callback
        def _async_lasts(_: object) -> None:
            if trouble.ask_fn is None:
                self._async_end_wait(trouble)
                return
            task = self._terminal.coordinator.config_entry.async_create_background_task(
                self._hass, self._async_ask(trouble, trouble.ask_fn), f"ask {self._terminal.serial}", eager_start=False
            )
            self._waiting[trouble.kind] = cast("CALLBACK_TYPE", task.cancel)

        self._waiting[trouble.kind] = async_call_later(
            self._hass,
            trouble.patience,
            HassJob(_async_lasts, f"{trouble.kind} of {self._terminal.serial}", cancel_on_shutdown=True),
        )

    async def _async_ask(self, trouble: Trouble, ask: Callable[[Terminal], Awaitable[None]]) -> None:
        try:
            await ask(self._terminal)
        except ProtocolError as err:
            LOGGER.debug("%s does not say whether there is %s: %s", self._terminal.serial, trouble.kind, err)
        if trouble.kind in self._waiting:  # an answer that all is well has ended that
            self._async_end_wait(trouble)

    @callback
    def _async_end_wait(self, trouble: Trouble) -> None:
        del self._waiting[trouble.kind]
        self._async_show(trouble)

    @callback
    def _async_show(self, trouble: Trouble) -> None:
        terminal = self._terminal
        self._shown.add(trouble.kind)
        async_raise(
            self._hass,
            self._entry_id,
            trouble.kind,
            terminal.serial,
            placeholders={"name": terminal.name, **trouble.placeholders_fn(terminal)},
            fixable=trouble.fixable,
            severity=trouble.severity,
            data={DATA_SERIAL: terminal.serial},
        )

    @callback
    def _async_end(self, trouble: Trouble) -> None:
        self._async_cancel(trouble.kind)
        if trouble.kind in self._shown:
            self._shown.remove(trouble.kind)
            async_clear(self._hass, trouble.kind, self._terminal.serial)

    @callback
    def _async_cancel(self, kind: str) -> None:
        if (cancel := self._waiting.pop(kind, None)) is not None:
            cancel()
