"""What terminals show on their own screens, in the language of Home Assistant.

Texts go over the wire as UTF-8, as names do. How many characters fit, a terminal does not tell: firmware counts bytes
where it cuts names (field notes 5), so a text that may not fit in bytes is told in English, which always does.
"""

from enum import StrEnum

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from ..const import DOMAIN
from ..protocol.answers import MAX_SCREEN_CHARACTERS

# Home Assistant has loaded these of every integration that runs; English is there while another language is loaded.
_FALLBACK_LANGUAGE = "en"


class ScreenText(StrEnum):
    """A text for a screen, by the end of its key among the translations."""

    GRANTED = "granted"
    NOT_ADMITTED = "not_admitted"
    REFUSED = "refused"


@callback
def async_screen_text(hass: HomeAssistant, text: ScreenText) -> str:
    """Return a text, with its places to fill in; empty where Home Assistant has loaded no texts of ours."""
    key = f"component.{DOMAIN}.common.screen_{text}"
    for language in (hass.config.language, _FALLBACK_LANGUAGE):
        found = async_get_cached_translations(hass, language, "common", DOMAIN).get(key)
        if found is not None and len(found.encode()) <= MAX_SCREEN_CHARACTERS:
            return found
    return ""


def filled(text: str, **facts: str) -> str:
    """Return a text with facts in the places for them, cut to what a screen shows.

    An owner's own text may have braces that are none of these places, and keeps them.
    """
    for place, fact in facts.items():
        text = text.replace(f"{{{place}}}", fact)
    return text.strip()[:MAX_SCREEN_CHARACTERS]
