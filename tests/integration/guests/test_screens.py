"""What terminals show on their own screens, in the language of Home Assistant."""

import json
from pathlib import Path

import pytest

from custom_components.timmy_access.guests import screens
from custom_components.timmy_access.guests.screens import ScreenText, async_screen_text, filled
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.protocol.answers import MAX_SCREEN_CHARACTERS
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from simulator import VirtualTerminal

from ..conftest import MakeTerminal
from .test_guests import make_pass, without_window

TRANSLATIONS = Path(screens.__file__).parent.parent / "translations"
# As long as serial numbers get, and the longest name that terminals take, in letters of three bytes.
LONGEST = {"serial": "AYTG00000001", "name": "王" * 8}


async def speak(hass: HomeAssistant, language: str) -> None:
    """Change the language of Home Assistant, with the texts that it loads then where it runs."""
    await hass.config.async_update(language=language)
    await async_get_translations(hass, language, "common", {"timmy_access"})


@pytest.mark.parametrize("path", sorted(TRANSLATIONS.glob("*.json")), ids=lambda path: path.stem)
def test_each_text_fits_a_screen_in_bytes_too(path: Path) -> None:
    common = json.loads(path.read_text())["common"]
    texts = [common[f"screen_{text}"] for text in ScreenText]
    assert [text for text in texts if len(filled(text, **LONGEST).encode()) > MAX_SCREEN_CHARACTERS] == []


@pytest.mark.parametrize(
    ("language", "refused"),
    [
        ("en", "Not admitted, see ZX88888888 in Home Assistant"),
        ("de", "Nicht zugelassen, siehe ZX88888888 in Home Assistant"),
        ("fr", "Non admis, voir ZX88888888 dans Home Assistant"),
        ("sv", "Not admitted, see ZX88888888 in Home Assistant"),
    ],
)
async def test_a_terminal_that_waits_reads_why_in_the_language_of_the_house(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, language: str, refused: str
) -> None:
    """A language that we do not speak is English."""
    await speak(hass, language)
    stranger = make_terminal("ai_face", "ZX88888888")
    await stranger.start()
    assert await stranger.wait_refused() == refused


async def test_what_may_not_fit_is_told_in_english(
    hass: HomeAssistant, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await speak(hass, "fr")
    assert async_screen_text(hass, ScreenText.REFUSED) == "Demandez à l'accueil"
    monkeypatch.setattr(screens, "MAX_SCREEN_CHARACTERS", 15)
    assert async_screen_text(hass, ScreenText.REFUSED) == "Ask at the desk"


async def test_who_is_refused_reads_it_at_the_terminal(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    without_window(hub)
    await speak(hass, "de")
    reply = await face.scan_qr("nobody-has-this")
    assert (reply["access"], reply["message"]) == (0, "Bitte am Empfang fragen")
    made = await make_pass(hass, hub)
    reply = await face.scan_qr(made["code"])
    assert (reply["access"], reply["message"]) == (1, "Willkommen Plumber")


def test_braces_of_an_owner_stay() -> None:
    assert filled("Hi {name} {you}", name="Ada {name}") == "Hi Ada {name} {you}"
