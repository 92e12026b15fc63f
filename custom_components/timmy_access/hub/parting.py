"""The end of an approved terminal: what holds its door ends with it, or somebody is told.

Once it is removed, nobody can close or release its door from here any more. So the last that it is told puts its relay
to rest, which opens nothing. Where that is not confirmed, a lasting repair issue names the door, and the terminal is
told when it is approved again. Nobody ends a lockdown in passing: the door stays held closed, and that is said.
"""

from collections.abc import Collection, Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..issues import DATA_SERIAL, async_clear, async_raise
from ..protocol.commands import ControlDoor
from ..protocol.enums import DoorControl
from ..terminal.orders import Orders
from ..terminal.state import DoorMode, Emergency
from .order_file import OrderFile, async_remove_orders
from .outcomes import held
from .terminal import Terminal

ISSUES = {DoorMode.HELD_OPEN: "left_held_open", DoorMode.HELD_CLOSED: "left_held_closed"}
# Nobody ends what a listener holds that its owner has disabled, until it is enabled again.
DISABLED_ISSUES = {DoorMode.HELD_OPEN: "held_open_disabled", DoorMode.HELD_CLOSED: "held_closed_disabled"}


async def async_part(hass: HomeAssistant, entry_id: str, terminal: Terminal, orders: Orders) -> None:
    """Stop a terminal that is removed, of which `orders` were left; nothing else is told it from the first step on."""
    mode, session, last_word = held(terminal), terminal.session, None
    ends = mode is not DoorMode.NORMAL and orders.of(Emergency.LOCKDOWN) is None and not terminal.contest.is_open
    if mode is not DoorMode.NORMAL:  # also for who approves it again before this is over
        async_tell(hass, entry_id, terminal.serial, terminal.name, mode)
    if session is not None and ends:
        last_word = session.say_last(ControlDoor(function=DoorControl.NORMAL))
    await terminal.async_stop("removed")
    if last_word is not None and await last_word.answered():
        async_settled(hass, (terminal.serial,))
    elif (doubted := held(terminal)) is not mode:  # what was on its way to it then is in doubt by now
        async_settled(hass, (terminal.serial,))
        if doubted is not DoorMode.NORMAL:
            async_tell(hass, entry_id, terminal.serial, terminal.name, doubted)


@callback
def async_tell(hass: HomeAssistant, entry_id: str, serial: str, name: str, mode: DoorMode) -> None:
    """Say that a door may be held by a terminal that nobody here can reach any more."""
    async_raise(
        hass,
        entry_id,
        ISSUES[mode],
        serial,
        placeholders={"name": name, "serial": serial},
        persistent=True,
        severity=ir.IssueSeverity.ERROR,
        data={DATA_SERIAL: serial},
    )


@callback
def async_left(hass: HomeAssistant, serial: str) -> DoorMode | None:
    """Return what may hold the door of a terminal since it was removed; None where nothing does."""
    registry = ir.async_get(hass)
    return next((mode for mode, kind in ISSUES.items() if registry.async_get_issue(DOMAIN, f"{kind}_{serial}")), None)


@callback
def async_settled(hass: HomeAssistant, serials: Iterable[str]) -> None:
    """Take back what was said of terminals."""
    for serial in serials:
        for kind in ISSUES.values():
            async_clear(hass, kind, serial)


async def async_leave_doors(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget what is ordered of the doors of a listener that is removed, and tell of those that may still be held."""
    file = OrderFile(hass, entry.entry_id)
    await file.async_load()
    async_tell_left(hass, entry.entry_id, file, ())
    await async_remove_orders(hass, entry.entry_id)


@callback
def async_tell_left(hass: HomeAssistant, entry_id: str, file: OrderFile, present: Collection[str]) -> bool:
    """Tell of the doors of terminals that are not present any more, and forget them; return whether there were any."""
    left = {subentry_id: orders for subentry_id, orders in file.all.items() if subentry_id not in present}
    for subentry_id, orders in left.items():
        serial, name = file.names.get(subentry_id, ("", ""))
        for kind in DISABLED_ISSUES.values():
            async_clear(hass, kind, serial)
        if (mode := _left_by(orders)) is not DoorMode.NORMAL and serial:
            async_tell(hass, entry_id, serial, name, mode)
        file.put(subentry_id, Orders())
    return bool(left)


def _left_by(orders: Orders) -> DoorMode:
    """Return what may hold the door of a terminal whose listener is removed, by what was ordered of it."""
    if orders.of(Emergency.EVACUATION) is not None:
        return DoorMode.HELD_OPEN
    if orders.of(Emergency.LOCKDOWN) is not None:
        return DoorMode.HELD_CLOSED
    return DoorMode.NORMAL if orders.hold is None else orders.hold.mode
