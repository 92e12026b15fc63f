"""Everything that shows has an icon that exists; the brand has its pictures in light and dark."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

import hass_frontend
from PIL import Image
import pytest

from custom_components.timmy_access.services import ACTIONS
from homeassistant.components.brands.const import ALLOWED_IMAGES
from scripts.brand import BRAND, DRAWINGS, HEIGHT, SCALES

from .test_texts import DESCRIPTIONS, FOLDER, ICONS, TEXTS

PICTURES = sorted(drawing.stem for drawing in DRAWINGS.glob("*.svg"))
# What differs to the eye when it is on and off, or one of several.
WITH_STATES = ("select", "switch")


def known_icons() -> set[str]:
    """Return the names of Home Assistant's icons; the frontend keeps them in parts, with a list of the parts."""
    folder = Path(hass_frontend.where()) / "static" / "mdi"
    parts = json.loads((folder / "iconMetadata.json").read_text())["parts"]
    return {name for part in parts for name in json.loads((folder / f"{part['file']}.json").read_text())}


def icons_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from icons_in(inner)
    else:
        yield value


def test_every_icon_exists() -> None:
    known = known_icons()
    assert len(known) > 7000
    named = set(icons_in(ICONS))
    for path in FOLDER.rglob("*.py"):
        named |= set(re.findall(r'"(mdi:[\w-]+)"', path.read_text()))
    assert sorted(icon for icon in named if icon.removeprefix("mdi:") not in known or not icon.startswith("mdi:")) == []


@pytest.mark.parametrize("platform", sorted(DESCRIPTIONS))
def test_every_translated_entity_has_an_icon(platform: str) -> None:
    texts, icons = TEXTS["entity"][platform], ICONS["entity"][platform]
    assert texts.keys() == icons.keys()
    for key, icon in icons.items():
        assert icon["default"], key
        assert platform not in WITH_STATES or icon["state"], key


def test_every_type_of_event_has_an_icon() -> None:
    for key, texts in TEXTS["entity"]["event"].items():
        icons = ICONS["entity"]["event"][key]["state_attributes"]["event_type"]
        assert icons["default"], key
        assert icons["state"].keys() == texts["state_attributes"]["event_type"]["state"].keys(), key


def test_every_action_has_an_icon() -> None:
    assert {name: list(icons) for name, icons in ICONS["services"].items()} == {
        action.name: ["service"] for action in ACTIONS
    }


@pytest.mark.parametrize(("section", "part"), [("conditions", "condition"), ("triggers", "trigger")])
def test_every_trigger_and_condition_has_an_icon(section: str, part: str) -> None:
    assert TEXTS.get(section, {}).keys() == ICONS.get(section, {}).keys()
    assert all(icon[part] for icon in ICONS.get(section, {}).values())


def test_the_brand_has_an_icon_and_a_logo_in_light_and_dark() -> None:
    assert PICTURES == ["dark_icon", "dark_logo", "icon", "logo"]
    found = {path.name for path in BRAND.iterdir()}
    assert found == {f"{name}{suffix}.png" for name in PICTURES for suffix in SCALES}
    assert found <= set(ALLOWED_IMAGES)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_the_brand_has_its_size_and_no_background(name: str) -> None:
    widths = []
    for suffix, scale in SCALES.items():
        with Image.open(BRAND / f"{name}{suffix}.png") as picture:
            assert picture.height == HEIGHT * scale
            assert picture.width == picture.height or not name.endswith("icon")
            corner = picture.convert("RGBA").getpixel((0, 0))
            assert isinstance(corner, tuple)
            assert corner[3] == 0
            widths.append(picture.width // scale)
    assert len(set(widths)) == 1


def test_dark_pictures_are_not_copies() -> None:
    for name in ("icon", "logo"):
        assert (BRAND / f"{name}.png").read_bytes() != (BRAND / f"dark_{name}.png").read_bytes()
