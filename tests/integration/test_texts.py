"""Every text that the code asks for exists."""

import json
from pathlib import Path
import re

from custom_components.timmy_access import config_flow
from custom_components.timmy_access.binary_sensor import BINARY_SENSORS
from custom_components.timmy_access.event import EVENTS
from custom_components.timmy_access.protocol.errors import Problem
from custom_components.timmy_access.sensor import PUNCH_SENSORS
from homeassistant.config_entries import ConfigFlow

FOLDER = Path(config_flow.__file__).parent
TEXTS = json.loads((FOLDER / "translations" / "en.json").read_text())
ICONS = json.loads((FOLDER / "icons.json").read_text())


def test_every_problem_has_a_text() -> None:
    assert {problem.value for problem in Problem} <= TEXTS["exceptions"].keys()


def test_every_translation_key_has_a_text() -> None:
    keys = set()
    for path in FOLDER.glob("*.py"):
        keys |= set(re.findall(r'translation_key="(\w+)"', path.read_text()))
    known = set(TEXTS["exceptions"]) | set(TEXTS["device"])
    for platform in TEXTS["entity"].values():
        known |= set(platform)
    assert keys <= known


def test_events_have_a_text_and_an_icon_for_every_type() -> None:
    for description in EVENTS:
        texts = TEXTS["entity"]["event"][description.key]
        assert set(texts["state_attributes"]["event_type"]["state"]) == set(description.event_types or ())
        assert description.key in ICONS["entity"]["event"]


def test_sensors_have_a_name_and_an_icon() -> None:
    for description in PUNCH_SENSORS:
        assert TEXTS["entity"]["sensor"][description.key]["name"]
        assert ICONS["entity"]["sensor"][description.key]["default"]


def test_descriptions_are_alphabetical() -> None:
    for descriptions in (BINARY_SENSORS, EVENTS, PUNCH_SENSORS):
        keys = [description.key for description in descriptions]
        assert keys == sorted(keys)


def test_every_field_of_a_form_is_explained() -> None:
    steps = {**TEXTS["config"]["step"], **TEXTS["config_subentries"]["terminal"]["step"]}
    for step in steps.values():
        assert step["data"].keys() == step["data_description"].keys()


def test_the_flow_is_registered() -> None:
    assert issubclass(config_flow.TimmyAccessConfigFlow, ConfigFlow)
