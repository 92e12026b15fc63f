"""Lines of the logbook that read like sentences."""

from collections.abc import Callable, Mapping

from homeassistant.components.logbook import LOGBOOK_ENTRY_ICON, LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.const import ATTR_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .automation.bus import ATTR_KIND, ATTR_PERSON, ATTR_TYPE, EVENT
from .const import DOMAIN
from .protocol.peer import as_text
from .terminal.moments import AccessKind, CodeKind, CodeSource, DoorKind, EnrolmentKind

_METHODS: Mapping[str, str] = {
    AccessKind.CARD: "by card",
    AccessKind.COMBINED: "by several credentials",
    AccessKind.FACE: "by face",
    AccessKind.FINGERPRINT: "by fingerprint",
    AccessKind.PALM: "by palm",
    AccessKind.PASSWORD: "by password",
    AccessKind.QR_CODE: "by QR code",
}
_DOORS: Mapping[str, str] = {
    DoorKind.ALARM: "raised an alarm",
    DoorKind.BOOT: "started",
    DoorKind.CLOSED: "was closed",
    DoorKind.CLOSED_BY_SOFTWARE: "was closed by software",
    DoorKind.EXIT_BUTTON: "was opened with the exit button",
    DoorKind.FORCED_OPEN: "was forced open",
    DoorKind.OPENED: "was opened",
    DoorKind.OPENED_BY_SOFTWARE: "was opened by software",
    DoorKind.TAMPER: "was tampered with",
}
_ENROLMENTS: Mapping[str, str] = {
    EnrolmentKind.CANCELLED: "stopped enrolling {person}",
    EnrolmentKind.ENROLLED: "enrolled {person}",
    EnrolmentKind.FAILED: "could not enrol {person}",
    EnrolmentKind.STARTED: "waits to enrol {person}",
}
_SOURCES: Mapping[str, str] = {
    CodeSource.PIN: "a PIN",
    CodeSource.PUNCH: "a punch",
    CodeSource.QR_CODE: "a QR code",
    CodeSource.UNLOCK_CODE: "a code to unlock",
}
_ICONS: Mapping[str, str] = {
    "access": "mdi:account-key",
    "code": "mdi:qrcode-scan",
    "door": "mdi:door",
    "enrolment": "mdi:account-plus-outline",
    "records": "mdi:database-clock",
}


def _access(event: Event) -> str:
    person = event.data[ATTR_PERSON]
    if person is None:
        return "did not recognise somebody"
    person = as_text(person)
    method = _METHODS.get(event.data[ATTR_KIND])
    return f"recognised {person} {method}" if method else f"recognised {person}"


def _code(event: Event) -> str:
    source = _SOURCES[event.data["source"]]
    who = as_text(event.data["pass_name"] or event.data[ATTR_PERSON] or "")
    kind = event.data[ATTR_KIND]
    if kind == CodeKind.BLOCKED:
        return "takes no codes for a while after too many wrong ones"
    if kind == CodeKind.SCANNED:
        return f"asks about {source}"
    if kind == CodeKind.GRANTED:
        return f"let {who} in by {source}" if who else f"let somebody in by {source}"
    return f"refused {source}: {str(event.data['reason']).replace('_', ' ')}"


_SENTENCES: Mapping[str, Callable[[Event], str]] = {
    "access": _access,
    "code": _code,
    "door": lambda event: _DOORS[event.data[ATTR_KIND]],
    "enrolment": lambda event: _ENROLMENTS[event.data[ATTR_KIND]].format(person=as_text(event.data[ATTR_PERSON])),
    "records": lambda event: f"handed in {event.data['records']} records of the time before",
}


@callback
def async_describe_events(
    hass: HomeAssistant,  # noqa: ARG001 - given by Home Assistant
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None],
) -> None:
    """Describe the events of terminals."""

    @callback
    def _async_describe(event: Event) -> dict[str, str]:
        kind = event.data[ATTR_TYPE]
        return {
            LOGBOOK_ENTRY_ICON: _ICONS[kind],
            LOGBOOK_ENTRY_MESSAGE: _SENTENCES[kind](event),
            LOGBOOK_ENTRY_NAME: as_text(event.data[ATTR_NAME]),
        }

    async_describe_event(DOMAIN, EVENT, _async_describe)
