"""Tables in the documentation, made from the descriptions of entities and from the translations."""

from collections.abc import Callable, Iterable, Mapping, Sequence
import json
from typing import Any

from custom_components.timmy_access.binary_sensor import BINARY_SENSORS, DOOR, LATCHED
from custom_components.timmy_access.button import BUTTONS
from custom_components.timmy_access.entity import SettingDescription
from custom_components.timmy_access.event import EVENTS
from custom_components.timmy_access.image import IMAGES
from custom_components.timmy_access.number import NUMBERS
from custom_components.timmy_access.protocol.answers import MAX_SCREEN_CHARACTERS
from custom_components.timmy_access.select import DOOR_MODE, SELECTS
from custom_components.timmy_access.sensor import (
    ADDRESS,
    HOUSE_SENSORS,
    LAST_SEEN,
    MEASURED_PUNCH_SENSORS,
    PUNCH_SENSORS,
    TERMINAL_SENSORS,
)
from custom_components.timmy_access.switch import LOCKDOWN, SWITCHES
from homeassistant.helpers.entity import EntityDescription

from .home import REPOSITORY

TEXTS: dict[str, Any] = json.loads(
    (REPOSITORY / "custom_components" / "timmy_access" / "translations" / "en.json").read_text()
)
ENTITIES: Mapping[str, tuple[EntityDescription, ...]] = {
    "binary_sensor": (*BINARY_SENSORS, DOOR, *LATCHED),
    "button": BUTTONS,
    "event": EVENTS,
    "image": IMAGES,
    "number": NUMBERS,
    "select": (EntityDescription(key=DOOR_MODE, translation_key=DOOR_MODE), *SELECTS),
    "sensor": (LAST_SEEN, ADDRESS, *HOUSE_SENSORS, *PUNCH_SENSORS, *MEASURED_PUNCH_SENSORS, *TERMINAL_SENSORS),
    "switch": (LOCKDOWN, *SWITCHES),
}
# What entities mean. Settings that an action can change too are explained there, under the name that they have there.
MEANINGS: Mapping[str, str] = {
    "binary_sensor.alarm": "An alarm, from its beginning until it is cancelled or the terminal starts anew.",
    "binary_sensor.connectivity": "Whether the terminal is connected, or was until some seconds ago.",
    "binary_sensor.door": "Whether the door is open; unknown until its contact has moved. With a *Door contact type*.",
    "binary_sensor.tamper": "The housing was removed; until the alarm is cancelled or the terminal starts anew.",
    "button.cancel_alarm": "Ends an alarm at the terminal.",
    "button.refresh_people": "Reads all people of the terminal anew.",
    "button.restart": "Restarts the terminal; it is back within half a minute.",
    "button.sync_clock": "Sets the terminal's clock to Home Assistant's time.",
    "event.access": "Somebody was recognised, or was not.",
    "event.code": "A QR code, a PIN or a punch that Home Assistant decides about. Never the code itself.",
    "event.door": "What happened to the door or the housing.",
    "event.enrolment": "Somebody is being added at the terminal, or has been.",
    "event.records": "Records from while the terminal was offline have come in.",
    "image.latest_punch_photo": "The photo of the latest punch, in memory only. Terminals with a camera.",
    "number.server_approval_timeout": "How long the terminal waits for Home Assistant to decide about a punch.",
    "select.door_mode": "Holds the only door open or closed. Assumed: terminals never tell it.",
    "select.server_approval": "Whether the terminal asks Home Assistant about each punch; see [guests](guests.md).",
    "sensor.address": "From which address it dialled in last.",
    "sensor.cards": "Cards on the terminal.",
    "sensor.clock_drift": "By how much its clock was ahead when last looked at.",
    "sensor.faces": "Faces on the terminal.",
    "sensor.fingerprints": "Fingerprints on the terminal.",
    "sensor.house_differences": "Of the house: where terminals and it say different things, and you have not decided.",
    "sensor.house_people": "Of the house: its [people](people.md). On a device of the listener, as are the other two.",
    "sensor.house_waiting": "Of the house: people on terminals of whom something is still to be written or deleted.",
    "sensor.last_seen": "When it last said anything; looked at once a minute.",
    "sensor.latest_punch": "Who was recognised last.",
    "sensor.latest_punch_temperature": "Body temperature at the latest punch. Appears with the first one.",
    "sensor.latest_punch_time": "When that was.",
    "sensor.logs": "Records in the terminal's own log.",
    "sensor.palms": "Palms on the terminal.",
    "sensor.passwords": "PINs on the terminal.",
    "sensor.people_inside": "Who came in and has not gone out, for a day. Appears once the way in is chosen.",
    "sensor.unsent_logs": "Records the terminal has not sent yet.",
    "sensor.users": "People on the terminal.",
    "switch.lockdown": "Holds all doors closed and lets in nobody; see [lockdown](emergencies.md).",
    "switch.menu_locked": "Nobody gets into the terminal's menu.",
    "switch.open_for_strangers": "Opens for faces that the terminal does not know. Think twice.",
    "switch.punch_photos": "Takes a photo at each punch.",
    "switch.stranger_photos": "Takes a photo of whoever is not recognised.",
}
_RENAMED = {"device_id": "terminal_number"}
_ACTIONS = ("set_access_settings", "set_settings")
# The most that the protocol's widest fields hold: no limit to anybody.
UNLIMITED = 2**31 - 1
_CATEGORIES = {"config": "configuration", "diagnostic": "diagnostic"}


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines).replace(
        "| --- ", "|---"
    )


def entities(platform: str) -> str:
    """Return the table of a platform's entities."""
    rows = []
    for description in ENTITIES[platform]:
        category = _CATEGORIES.get(str(description.entity_category), "")
        first = "yes" if description.entity_registry_enabled_default else "no"
        rows.append(
            (
                name_of(platform, description),
                _meaning(platform, description),
                _values(platform, description),
                category,
                first,
            )
        )
    return _table(("Name", "Meaning", "Values", "Group", "On at first"), rows)


def name_of(platform: str, description: EntityDescription) -> str:
    """Return what an entity is called beside its device."""
    if description.translation_key is None:
        return str(description.device_class).replace("_", " ").capitalize()
    return str(TEXTS["entity"][platform][description.translation_key]["name"])


def _meaning(platform: str, description: EntityDescription) -> str:
    key = description.key
    if (known := MEANINGS.get(f"{platform}.{key}")) is not None:
        return known
    for action in _ACTIONS:
        if (field := TEXTS["services"][action]["fields"].get(_RENAMED.get(key, key))) is not None:
            return str(field["description"])
    raise LookupError(f"say in scripts/docs_tables.py what {platform}.{key} means")


def _values(platform: str, description: EntityDescription) -> str:
    if platform == "select":
        return ", ".join(TEXTS["entity"]["select"][description.key]["state"].values())
    if platform == "event":
        return ", ".join(TEXTS["entity"]["event"][description.key]["state_attributes"]["event_type"]["state"].values())
    unit = getattr(description, "native_unit_of_measurement", None) or ""
    if platform == "number" and isinstance(description, SettingDescription):
        limits = description.sheet.limits(description.key)
        if limits.high >= UNLIMITED:
            return f"from {limits.low} {unit}".strip()
        return f"{limits.low} to {limits.high} {unit}".strip()
    return str(unit)


def attributes() -> str:
    """Return the table of the attributes of events."""
    rows = []
    for description in EVENTS:
        texts = TEXTS["entity"]["event"][description.key]
        for key, about in texts["state_attributes"].items():
            if key != "event_type":
                words = ", ".join(f"`{word}`" for word in about.get("state", {}))
                rows.append((texts["name"], f"`{key}`", about["name"], words))
    return _table(("Event", "Attribute", "Name", "Words"), rows)


def event_types() -> str:
    """Return the table of the words for what happened."""
    rows = [
        (texts["name"], f"`{word}`", label)
        for texts in TEXTS["entity"]["event"].values()
        for word, label in texts["state_attributes"]["event_type"]["state"].items()
    ]
    return _table(("Event", "Type", "Meaning"), rows)


def form(*steps: Mapping[str, Any]) -> str:
    """Return the table of the fields of forms, those in sections too."""
    parts = [part for step in steps for part in (step, *step.get("sections", {}).values())]
    rows = [
        (name, _plain(part["data_description"][field]))
        for part in parts
        for field, name in part.get("data", {}).items()
    ]
    return _table(("Field", "Meaning"), rows)


def options() -> str:
    """Return the table of the options, those of the first form first."""
    steps = TEXTS["options"]["step"]
    return form(*(steps[name] for name in sorted(steps, key=lambda name: name != "init")))


def issues() -> str:
    """Return the table of what Home Assistant's repairs may show."""
    rows = []
    for issue in TEXTS["issues"].values():
        text = issue.get("description") or _fix(issue)
        rows.append((_plain(issue["title"]), _plain(text)))
    return _table(("Repair", "What it says"), rows)


def _fix(issue: Mapping[str, Any]) -> str:
    """Return the first text of a repair that is a dialog."""
    steps: Mapping[str, Any] = issue["fix_flow"]["step"]
    return next(str(step["description"]) for step in steps.values() if "description" in step)


def _plain(text: str) -> str:
    """Return a text with its placeholders filled or in words, and no line breaks."""
    text = text.replace("{limit}", str(MAX_SCREEN_CHARACTERS)).replace("{placeholder}", "`{name}`")
    if "`" in text:
        return " ".join(text.split())
    return " ".join(text.replace("{", "*").replace("}", "*").split())


TABLES: Mapping[str, Callable[[], str]] = {
    "attributes": attributes,
    "event types": event_types,
    "issues": issues,
    "options": options,
    "setup": lambda: form(TEXTS["config"]["step"]["listener"]),
    "terminal": lambda: form(TEXTS["config_subentries"]["terminal"]["step"]["user"]),
    "terminal options": lambda: form(TEXTS["config_subentries"]["terminal"]["step"]["settings"]),
    **{f"entities {platform}": lambda platform=platform: entities(platform) for platform in ENTITIES},  # type: ignore[misc]
}
