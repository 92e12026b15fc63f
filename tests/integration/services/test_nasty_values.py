"""Whatever is put into a field of an action is taken, or refused in words; a refusal changes nothing."""

from collections.abc import Iterator, Mapping
import logging
from typing import Any

import pytest

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.protocol.commands.raw import RawCommand
from custom_components.timmy_access.services import ACTIONS
from custom_components.timmy_access.services.action import Action
from custom_components.timmy_access.services.house_action import HouseAction
from custom_components.timmy_access.services.targets import TARGET_KEYS
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from simulator import VirtualTerminal

from ..conftest import FACE
from ..hub.test_rights import EXTRA
from ..nasty import LONG, NASTY, Path, places, put, some, unreadable
from ..until import TEXTS
from .test_actions import CASES

PERIOD = {"from": "07:00", "to": "18:30"}
# What a field takes that has others inside, or without which others are not looked at.
FULL: dict[str, dict[str, Any]] = {
    "add_person": {"groups": ["x"]},
    "copy_user": {"enroll_id": 1, "to": ["x"]},
    "create_pass": {"weekdays": ["mon"]},
    "emergency": {"entity_id": ["lock.x"]},
    "export_attendance": {"first_day": "1970-01-02"},
    "get_attendance": {"first_day": "1970-01-02"},
    "hold_door": {"mode": "held_closed", "duration": {"hours": 1, "minutes": 1}},
    "import_people": {"file": "/etc/passwd"},
    "send_command": {"command": {"cmd": "getusername", "enrollid": 7, "x": {"y": [1]}}},
    "set_access_group": {"name": "G", "rules": [{"device_id": ["x"], "schedule": "schedule.x"}]},
    "set_access_settings": {
        "day_zones": {1: [PERIOD]},
        "week_zones": {2: {"mon": [PERIOD]}},
        "groups_together": [[1, 2]],
    },
    "set_questionnaire": {"items": ["in"], "required_items": [1], "schedules": [{**PERIOD, "item": 1}]},
}
# With this the action is meant, and done.
MEANT = "confirm"
# Actions after which the integration goes on to send something by itself come last.
GO_ON = frozenset({"emergency", "hold_door", "keep_in_step", "require_two_factors"})
# Which terminals are meant is read in the same way by all actions: it is looked at in one of each sort.
PLACES = TARGET_KEYS | {ATTR_CONFIG_ENTRY_ID}
OF_EACH_SORT = frozenset({"create_pass", "emergency", "get_capacity", "get_user"})


def walked() -> Iterator[tuple[Action | HouseAction, Path]]:
    """Yield every action with every place in its data."""
    for action in sorted(ACTIONS, key=lambda action: action.name in GO_ON):
        paths = [(str(key),) for key in action.schema.schema]
        for path in dict.fromkeys([*paths, *places(well(action))]):
            if path[0] not in PLACES or action.name in OF_EACH_SORT:
                yield action, path


def values_for(path: Path) -> Mapping[str, Any]:
    """Return what is put there: nothing by which the action is meant."""
    return {label: value for label, value in NASTY.items() if path != (MEANT,) or value is not True}


def well(action: Action | HouseAction) -> dict[str, Any]:
    """Return data that an action takes, without where."""
    case = CASES.get(action.name)
    return {**(case.data if case else {}), **EXTRA.get(action.name, {}), **FULL.get(action.name, {})}


def fault(error: HomeAssistantError) -> str | None:
    """Return what is wrong with how something is refused."""
    if error.translation_domain != DOMAIN:  # Home Assistant's own repeat what they have not found
        return None if error.translation_key else f"not translated: {error}"
    if error.translation_key not in TEXTS["exceptions"]:
        return f"no text {error.translation_key}"
    return unreadable(str(error))


def changes(terminal: VirtualTerminal) -> int:
    return sum("cmd" in frame and not frame["cmd"].startswith("get") for frame in terminal.received)


async def test_every_field_of_every_action(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    is_long: bool,
) -> None:
    monkeypatch.setattr(RawCommand, "timeout", 0.2)  # a word that the terminal does not know
    wrong: list[str] = []
    for number, (action, path) in enumerate(walked()):
        where = {} if isinstance(action, HouseAction) else {"device_id": hub.terminals[FACE].device_id}
        for label, value in some(values_for(path), number, is_long=is_long):
            caplog.clear()
            what = f"{action.name}.{'.'.join(map(str, path))} = {label}"
            before, household, received = changes(face), hub.house.household, len(face.received)
            openings, is_nothing = face.doors[1].openings, path == (MEANT,)
            try:
                await hass.services.async_call(
                    DOMAIN,
                    action.name,
                    put({**where, **well(action)}, path, value),
                    blocking=True,
                    return_response=action.response is not SupportsResponse.NONE,
                )
            except HomeAssistantError as err:
                if (why := fault(err)) is not None:
                    wrong.append(f"{what}: {why}")
                is_nothing |= isinstance(err, ServiceValidationError)
            except Exception as err:  # noqa: BLE001 - that is what is looked for
                wrong.append(f"{what}: {err!r}"[:200])
            if is_nothing and (changes(face), hub.house.household) != (before, household):
                wrong.append(f"{what}: refused or not meant, and done")
            if face.doors[1].openings != openings and action.name not in ("control_door", "open_door"):
                wrong.append(f"{what}: opened the door")
            if action.name != "send_command" and any(LONG in str(frame) for frame in face.received[received:]):
                wrong.append(f"{what}: sent")
            wrong += [
                f"{what}: logged {it.getMessage()}"[:200] for it in caplog.records if it.levelno > logging.WARNING
            ]
    assert wrong == []
    for name in ("get_passes", "get_users"):  # what was taken can be read
        await hass.services.async_call(
            DOMAIN, name, {"device_id": hub.terminals[FACE].device_id}, blocking=True, return_response=True
        )
