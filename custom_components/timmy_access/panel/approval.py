"""Approving a terminal that waits, as a new one or in the place of another.

No action does this: nothing but somebody who looks at what a terminal says of itself lets it in.
"""

import voluptuous as vol

from homeassistant.const import CONF_NAME
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..const import CONF_DOOR_NAMES, CONF_DOORS, CONF_KEEP_IN_STEP, CONF_NETWORK, CONF_SERIAL, DOMAIN, MAX_DOORS
from ..hub.approval import (
    NotApproved,
    async_approve,
    async_is_name_taken,
    async_names_taken,
    async_why_not,
    async_why_not_instead,
    is_name,
    mark_of,
    may_be_kept,
    probable_doors,
)
from ..hub.hub import Hub
from ..hub.pending import PendingTerminal
from ..ledger import likeness
from ..protocol.peer import as_text
from .command import PanelCommand
from .request import PanelRequest

ATTR_MARK = "mark"


def described_waiting(hub: Hub, waiting: PendingTerminal) -> JsonObjectType:
    """Return what somebody says who waits for approval; nothing of it has been verified.

    `mark` stands for all of it: who is approved by it is who was shown. `doors` is how many it probably has, and
    `may_be_kept` whether it is asked if it is kept in step from the first.
    """
    cpu_serial, mac = waiting.facts.cpu_serial, waiting.facts.mac
    return {
        ATTR_MARK: mark_of(waiting),
        "serial": waiting.serial,
        "model": waiting.model,
        "address": waiting.address,
        "cpu_serial": None if cpu_serial is None else as_text(cpu_serial),
        "mac": None if mac is None else as_text(mac),
        "people": waiting.people,
        "doors": probable_doors(waiting),
        "may_be_kept": may_be_kept(hub, waiting),
    }


async def _approve_terminal(request: PanelRequest) -> JsonValueType:
    """Approve who was shown by a mark, as a terminal with a name and so many doors, which may have names."""
    waiting = _shown(request)
    if (why_not := async_why_not(request.hass, request.hub, waiting)) is not None:
        raise _refused(why_not)
    name, doors = request.data[CONF_NAME], request.data[CONF_DOORS]
    if async_is_name_taken(request.hass, name):
        raise _refused(NotApproved.NAME, field=CONF_NAME)
    names = request.data[CONF_DOOR_NAMES][:doors] if doors > 1 else []
    said = [likeness(door) for door in names if door]
    if len(set(said)) < len(said) or not {likeness(name), *async_names_taken(request.hass)}.isdisjoint(said):
        raise _refused(NotApproved.NAME, field=CONF_DOOR_NAMES)
    async_approve(request.hass, request.entry, waiting, request.data, names, by=request.by)
    return {CONF_SERIAL: waiting.serial}


async def _replace_terminal(request: PanelRequest) -> JsonValueType:
    """Put who was shown by a mark into the place of a terminal, with so many doors; the listener starts again.

    `done` is false where the database went away meanwhile: then it is done when that is back.
    """
    hub, waiting, serial = request.hub, _shown(request), request.data[CONF_SERIAL]
    terminal = hub.terminals.get(serial)
    old = None if terminal is None else request.entry.subentries.get(terminal.subentry_id)
    if terminal is None or old is None:
        raise _refused(NotApproved.WAITS_NO_MORE)
    if (why_not := async_why_not_instead(request.hass, hub, old, serial, waiting)) is not None:
        raise _refused(why_not, network=old.data.get(CONF_NETWORK) or "", address=waiting.address)
    return {"done": await hub.async_replace(terminal, waiting, request.data[CONF_DOORS])}


def _shown(request: PanelRequest) -> PendingTerminal:
    for waiting in request.hub.pending.async_waiting():
        if mark_of(waiting) == request.data[ATTR_MARK]:
            return waiting
    raise _refused(NotApproved.WAITS_NO_MORE)


def _refused(why_not: NotApproved, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=f"approval_{why_not.value}",
        translation_placeholders=placeholders,
    )


def _name(value: object) -> str:
    """Return what a terminal can be called."""
    text: str = cv.string(value)
    if not is_name(text):
        raise vol.Invalid("no name")
    return text.strip()


def _door_name(value: object) -> str:
    """Return what a door can be called; nothing for one that keeps its number."""
    return "" if cv.string(value).strip() == "" else _name(value)


_DOORS = vol.All(int, vol.Range(min=1, max=MAX_DOORS))

COMMANDS = (
    PanelCommand(
        name="approve_terminal",
        handler=_approve_terminal,
        fields={
            vol.Required(ATTR_MARK): cv.string,
            vol.Required(CONF_NAME): _name,
            vol.Required(CONF_DOORS): _DOORS,
            vol.Optional(CONF_DOOR_NAMES, default=[]): vol.All([_door_name], vol.Length(max=MAX_DOORS)),
            vol.Optional(CONF_KEEP_IN_STEP, default=False): bool,
        },
    ),
    PanelCommand(
        name="replace_terminal",
        handler=_replace_terminal,
        fields={
            vol.Required(ATTR_MARK): cv.string,
            vol.Required(CONF_SERIAL): cv.string,
            vol.Required(CONF_DOORS): _DOORS,
        },
    ),
)
