"""The examples of the documentation work in a real Home Assistant."""

from collections.abc import Iterator
from copy import deepcopy
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.hub.hub import Hub
from homeassistant.components.automation.config import async_validate_config_item
from homeassistant.components.logbook import CONFIG_SCHEMA as LOGBOOK_SCHEMA
from homeassistant.components.persistent_notification import _async_get_or_create_notifications as notifications
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, config_validation as cv, entity_registry as er, script
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml
from scripts.docs import DOCS
from scripts.home import REPOSITORY
from simulator import VirtualTerminal

from .conftest import FACE, FINGER, listener, subentry_data
from .guests.test_guests import WRONG, passes, without_window
from .until import listen, until

pytestmark = pytest.mark.usefixtures("moments_shown")

_BLOCK = re.compile(r"^```ya?ml\n(?P<yaml>.*?)^```", re.DOTALL | re.MULTILINE)
# Integrations whose settings are shown, which need accounts elsewhere.
ELSEWHERE = {"alexa", "google_assistant", "homekit"}
# Cards, badges and features that come with Home Assistant.
PARTS = {
    "conditional",
    "entity",
    "grid",
    "heading",
    "lock-open-door",
    "logbook",
    "picture-entity",
    "sections",
    "statistics-graph",
    "tile",
}


PAGES = (REPOSITORY / "README.md", REPOSITORY / "SECURITY.md", *sorted(DOCS.glob("*.md")))
# The ids of entities, as pages name them: of a front door in the entrance, and a side door in the garden.
_ENTITY = re.compile(r"\b(?:binary_sensor|event|image|lock|sensor|switch)\.\w+")
# Actions, modules and a wrong name that is told of.
_NO_ENTITIES = frozenset(
    {"event.py", "lock.entrance_gate", "lock.gate", "lock.lock", "lock.open", "lock.py", "lock.unlock"}
)


@pytest.fixture
def entry(hass: HomeAssistant, port: int) -> MockConfigEntry:
    """A listener whose terminals were put into areas when they were approved, as the dialog asks."""
    areas = {name: ar.async_get(hass).async_create(name).id for name in ("Entrance", "Garden")}
    return listener(
        hass,
        port,
        subentry_data(FACE, "Front door", area_id=areas["Entrance"]),
        subentry_data(FINGER, "Side door", area_id=areas["Garden"]),
    )


@pytest.mark.usefixtures("all_enabled")
async def test_every_entity_of_the_pages_is_there(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    named = {name for page in PAGES for name in _ENTITY.findall(page.read_text())} - _NO_ENTITIES
    assert {"image.entrance_front_door_latest_punch_photo", "lock.entrance_front_door"} <= named
    assert sorted(name for name in named if er.async_get(hass).async_get(name) is None) == []


def blocks() -> Iterator[Any]:
    for page in (REPOSITORY / "README.md", *sorted(DOCS.glob("*.md"))):
        for number, found in enumerate(_BLOCK.finditer(page.read_text()), 1):
            yield pytest.param(parse_yaml(found["yaml"]), id=f"{page.stem}-{number}")


BLOCKS = list(blocks())


def block(name: str) -> Any:
    """Return an example by the page and its number there."""
    return next(parameter.values[0] for parameter in BLOCKS if parameter.id == name)


def types_in(part: Any) -> Iterator[str]:
    """Yield the types of everything on a dashboard."""
    if isinstance(part, list):
        for inner in part:
            yield from types_in(inner)
    elif isinstance(part, dict):
        if "type" in part:
            yield part["type"]
        for key, inner in part.items():
            if key not in {"conditions", "tap_action"}:
                yield from types_in(inner)


@pytest.mark.parametrize("example", BLOCKS)
async def test_an_example_loads(hass: HomeAssistant, hub: Hub, face: VirtualTerminal, example: Any) -> None:
    """Each is one of a few sorts, and Home Assistant takes it for that."""
    if isinstance(example, dict) and "triggers" in example:
        for platform in ("calendar", "persistent_notification"):
            assert await async_setup_component(hass, platform, {})
        checked = await async_validate_config_item(hass, "example", example)
        assert checked is not None
        assert checked.validation_error is None
    elif isinstance(example, dict) and "action" in example:
        await script.async_validate_actions_config(hass, cv.SCRIPT_SCHEMA([example]))
        assert hass.services.has_service(*example["action"].split("."))
    elif isinstance(example, dict) and "type" in example:
        assert set(types_in(example)) <= PARTS
    elif isinstance(example, dict) and "logbook" in example:
        assert LOGBOOK_SCHEMA(example)["logbook"]["exclude"]
    else:
        assert isinstance(example, dict)
        assert example.keys() <= ELSEWHERE


async def parcel_automation(hass: HomeAssistant, fingerprint: str) -> None:
    """Set up the automation of the page, for a code with this fingerprint."""
    example = deepcopy(block("guests-4"))
    first = example["conditions"][0]
    first["value_template"] = first["value_template"].replace("0123456789abcdef", fingerprint)
    assert await async_setup_component(hass, "automation", {"automation": [example]})


async def test_the_parcel_service_gets_in_by_the_automation_of_the_page(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to("2026-11-25T18:00:00Z")  # a Wednesday, morning in California
    await parcel_automation(hass, hub.passbook.fingerprint(WRONG))
    reply = await face.scan_qr(WRONG)
    assert (reply["access"], reply["message"]) == (1, "Parcels in the hall, please")
    await face.wait_opened(1)


async def test_nobody_else_gets_in_by_the_automation_of_the_page(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    await parcel_automation(hass, hub.passbook.fingerprint("another code"))
    hub.terminals[FACE].verdicts.async_apply({"decision_window": 0.05})
    reply = await face.scan_qr(WRONG)
    assert (reply["access"], reply["message"]) == (0, "Ask at the desk")
    assert face.doors[1].openings == 0


async def test_the_pass_of_the_page_is_made(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to("2026-11-25T18:00:00Z")
    make = block("guests-1")  # on its page it is asked for in person
    sequence = [
        {**make, "data": {**make["data"], "include_secrets": True}},
        {"event": "made", "event_data": {"code": "{{ made.code }}", "pin": "{{ made.pin }}"}},
    ]
    assert await async_setup_component(hass, "script", {"script": {"plumber": {"sequence": sequence}}})
    heard = listen(hass, "made")
    without_window(hub)
    await hass.services.async_call("script", "plumber", blocking=True)
    assert (await face.scan_qr(heard[0].data["code"]))["access"] == 0
    state = await until(
        hass, "event.entrance_front_door_code", lambda state: state.attributes.get("event_type") == "refused"
    )
    assert state.attributes["reason"] == "not_yet_valid"
    freezer.move_to("2026-12-01T18:00:00Z")  # ten in the morning in California
    assert (await face.scan_qr(heard[0].data["code"]))["access"] == 1


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-12-24", "2026-12-27"), ("2026-12-24T00:00:00-08:00", "2026-12-27T00:00:00-08:00")],
    ids=["days", "times"],
)
async def test_a_pass_for_each_booking_is_made_by_the_automation_of_the_page(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, start: str, end: str
) -> None:
    assert await async_setup_component(hass, "persistent_notification", {})
    booking = {"trigger": {"calendar_event": {"summary": "Lovelace family", "start": start, "end": end}}}
    sequence = [{"variables": booking}, *block("guests-3")["actions"]]
    assert await async_setup_component(hass, "script", {"script": {"booked": {"sequence": sequence}}})
    await hass.services.async_call("script", "booked", blocking=True)
    (made,) = await passes(hass, hub)
    assert (made["name"], made["with_pin"]) == ("Lovelace family", True)
    assert (made["valid_from"], made["valid_until"]) == ("2026-12-24T00:00:00-08:00", "2026-12-27T00:00:00-08:00")
    (told,) = notifications(hass).values()
    assert told["title"] == "Pass for Lovelace family"
    assert "Valid until Dec 27, 2026, 12:00 AM." in told["message"]
