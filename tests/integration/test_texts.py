"""Every text that the code asks for exists."""

import json
from pathlib import Path
import re

import pytest

from custom_components.timmy_access import config_flow
from custom_components.timmy_access.binary_sensor import BINARY_SENSORS, DOOR, LATCHED
from custom_components.timmy_access.button import BUTTONS
from custom_components.timmy_access.event import EVENTS
from custom_components.timmy_access.house.differences import DifferenceKind
from custom_components.timmy_access.house.errors import Problem as HouseProblem
from custom_components.timmy_access.house.house import ISSUE_VAULT_KEY
from custom_components.timmy_access.house.settling import Choice
from custom_components.timmy_access.hub import elsewhere
from custom_components.timmy_access.hub.begun_anew import Loss
from custom_components.timmy_access.hub.certificates import CertificateProblem, TlsMode
from custom_components.timmy_access.hub.house_issues import HOUSE_KINDS, WAS_RESET
from custom_components.timmy_access.hub.identity import Doubt
from custom_components.timmy_access.hub.listening import LISTENING_KINDS
from custom_components.timmy_access.hub.migration import MIGRATION_KINDS
from custom_components.timmy_access.hub.outsiders import Origin
from custom_components.timmy_access.hub.troubles import TROUBLES
from custom_components.timmy_access.image import IMAGES
from custom_components.timmy_access.ledger.errors import Cause, Problem as LedgerProblem
from custom_components.timmy_access.number import NUMBERS
from custom_components.timmy_access.people.person_links import RENAMED
from custom_components.timmy_access.protocol.errors import Problem
from custom_components.timmy_access.protocol.messages import DeviceInfo
from custom_components.timmy_access.protocol.reasons import Refusal
from custom_components.timmy_access.repairs import FLOWS
from custom_components.timmy_access.select import SELECTS
from custom_components.timmy_access.sensor import (
    ADDRESS,
    HOUSE_SENSORS,
    LAST_SEEN,
    MEASURED_PUNCH_SENSORS,
    PUNCH_SENSORS,
    TERMINAL_SENSORS,
)
from custom_components.timmy_access.switch import SWITCHES
from custom_components.timmy_access.terminal.state import DoorMode, TerminalState
from homeassistant.config_entries import ConfigFlow
from homeassistant.helpers.entity import EntityDescription

FOLDER = Path(config_flow.__file__).parent
TEXTS = json.loads((FOLDER / "translations" / "en.json").read_text())
ICONS = json.loads((FOLDER / "icons.json").read_text())

DESCRIPTIONS: dict[str, tuple[tuple[EntityDescription, ...], ...]] = {
    "binary_sensor": (BINARY_SENSORS, (DOOR,), LATCHED),
    "button": (BUTTONS,),
    "event": (EVENTS,),
    "image": (IMAGES,),
    "number": (NUMBERS,),
    "select": (SELECTS,),
    "sensor": (HOUSE_SENSORS, PUNCH_SENSORS, MEASURED_PUNCH_SENSORS, TERMINAL_SENSORS, (ADDRESS, LAST_SEEN)),
    "switch": (SWITCHES,),
}
# Entities without a description among these.
OTHERS = {"select": {"door_mode"}, "switch": {"lockdown"}}
FULL = DeviceInfo.parse(
    dict.fromkeys(("cardsize", "facesize", "fpsize", "logsize", "palmsize", "pwdsize", "usersize"), 1)
)
EACH = [
    pytest.param(platform, description, id=f"{platform}-{description.key}")
    for platform, groups in DESCRIPTIONS.items()
    for group in groups
    for description in group
]


def test_every_problem_has_a_text() -> None:
    assert {problem.value for problem in Problem} <= TEXTS["exceptions"].keys()


def test_everything_that_a_house_cannot_be_has_a_text() -> None:
    assert {problem.value for problem in HouseProblem} <= TEXTS["exceptions"].keys()
    assert {choice.value for choice in Choice} == TEXTS["selector"]["difference_choice"]["options"].keys()
    assert {kind.value for kind in DifferenceKind} == TEXTS["selector"]["difference_kind"]["options"].keys()
    assert "description" in TEXTS["issues"][ISSUE_VAULT_KEY]


def test_every_refusal_and_every_cause_has_a_text() -> None:
    assert {f"refused_{refusal}" for refusal in Refusal} <= TEXTS["exceptions"].keys()
    assert {problem.value for problem in LedgerProblem} <= TEXTS["exceptions"].keys()
    assert {cause.value for cause in Cause} <= TEXTS["issues"].keys()
    assert {cause.value for cause in Cause} - {Cause.CLOSED} <= TEXTS["options"]["error"].keys()
    assert {problem.value for problem in CertificateProblem} <= TEXTS["options"]["error"].keys()
    assert {mode.value for mode in TlsMode} == TEXTS["selector"]["tls"]["options"].keys()


def test_every_issue_has_a_text_and_a_way_out() -> None:
    kinds = {trouble.kind: trouble.fixable for trouble in TROUBLES}
    kinds |= dict.fromkeys((*LISTENING_KINDS, *Doubt, *Loss, *MIGRATION_KINDS, "database_set_aside", RENAMED), True)
    kinds |= {WAS_RESET: True, **dict.fromkeys(HOUSE_KINDS, False)}
    kinds |= dict.fromkeys((*Origin, elsewhere.KIND), False)
    for kind, fixable in kinds.items():
        texts = TEXTS["issues"][kind]
        assert ("fix_flow" in texts) is fixable
        assert ("description" in texts) is not fixable
    for kind in FLOWS:
        assert kinds[kind]


def test_every_translation_key_has_a_text() -> None:
    keys = set()
    for path in FOLDER.rglob("*.py"):
        keys |= set(re.findall(r'translation_key="(\w+)"', path.read_text()))
    known = set(TEXTS["exceptions"]) | set(TEXTS["device"]) | set(TEXTS["issues"])
    for platform in TEXTS["entity"].values():
        known |= set(platform)
    assert keys <= known


def test_events_have_a_text_and_an_icon_for_every_type() -> None:
    for description in EVENTS:
        texts = TEXTS["entity"]["event"][description.key]
        assert set(texts["state_attributes"]["event_type"]["state"]) == set(description.event_types or ())
        assert description.key in ICONS["entity"]["event"]


@pytest.mark.parametrize(("platform", "description"), EACH)
def test_every_entity_has_a_name_and_an_icon(platform: str, description: EntityDescription) -> None:
    if description.translation_key is None:
        assert description.device_class is not None  # Home Assistant has a name and an icon for those
        return
    assert description.translation_key == description.key
    assert TEXTS["entity"][platform][description.key]["name"]
    assert ICONS["entity"][platform][description.key]["default"].startswith("mdi:")


def test_no_text_and_no_icon_is_left_over() -> None:
    for platform, groups in DESCRIPTIONS.items():
        keys = {description.translation_key for group in groups for description in group} - {None}
        keys |= OTHERS.get(platform, set())
        assert TEXTS["entity"][platform].keys() == keys
        assert ICONS["entity"][platform].keys() == keys


def test_every_choice_has_a_text() -> None:
    options: dict[str, set[str]] = {"door_mode": set(DoorMode)}
    for firmware in ("TH600 V9.9", "ai518_f40v_v2.17"):
        state = TerminalState(info=DeviceInfo(firmware=firmware))
        for description in SELECTS:
            options.setdefault(description.key, set()).update(description.options_fn(state).values())
    for key, names in options.items():
        assert TEXTS["entity"]["select"][key]["state"].keys() == names


def test_every_count_explains_its_attributes() -> None:
    for description in TERMINAL_SENSORS:
        attributes = TEXTS["entity"]["sensor"][description.key].get("state_attributes", {})
        has_capacity = description.capacity_fn(FULL) is not None
        assert attributes.keys() == ({"capacity", "used_percentage"} if has_capacity else set())


def test_descriptions_are_alphabetical() -> None:
    for groups in DESCRIPTIONS.values():
        for group in groups:
            keys = [description.key for description in group]
            assert keys == sorted(keys)


def test_every_field_of_a_form_is_explained() -> None:
    flows = (TEXTS["config"], TEXTS["config_subentries"]["terminal"], TEXTS["options"])
    for step in [step for flow in flows for step in flow["step"].values()]:
        assert step.get("data", {}).keys() == step.get("data_description", {}).keys()


def test_the_flow_is_registered() -> None:
    assert issubclass(config_flow.TimmyAccessConfigFlow, ConfigFlow)
