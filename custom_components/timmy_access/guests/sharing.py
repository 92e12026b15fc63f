"""What a guest gets: a picture to hold to the reader, and a text to send along."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
import io

import segno

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN, WEEKDAYS
from .passbook import NewPass
from .written_times import written_times

# Pixels of one module: a code of 25 modules fills a phone's screen without being scaled.
SCALE = 12
# Cameras at doors see scratched screens and reflections; medium correction costs one size.
CORRECTION = "m"


@dataclass(frozen=True)
class Picture:
    """A QR code as the bytes of a PNG and of an SVG file."""

    png: bytes
    svg: bytes

    def response(self) -> dict[str, str]:
        """Return both as what pages and templates can show."""
        return {"png": f"data:image/png;base64,{b64encode(self.png).decode()}", "svg": self.svg.decode()}


async def async_picture(hass: HomeAssistant, code: str) -> Picture:
    """Return the QR code of a pass's code."""
    return await hass.async_add_executor_job(_draw, code)


async def async_share_text(hass: HomeAssistant, made: NewPass, where: str, *, with_pin: bool) -> str:
    """Return what to tell the guest, in the language of Home Assistant; `where` are the names of the doors."""
    texts = await async_get_translations(hass, hass.config.language, "common", {DOMAIN})
    written = written_times(hass.config.language, texts)
    held = made.held
    facts: Mapping[str, str] = {
        "name": held.name,
        "where": where,
        "pin": made.pin or "",
        "valid_from": written.moment(held.valid_from),
        "valid_until": written.moment(held.valid_until),
        "max_uses": str(held.max_uses),
        "weekdays": ", ".join(
            texts[f"component.{DOMAIN}.common.{WEEKDAYS[day]}"]
            for day in sorted(held.hours.weekdays if held.hours else ())
        ),
        "begin": written.clock(held.hours.begin) if held.hours else "",
        "end": written.clock(held.hours.end) if held.hours else "",
    }
    sentences = {
        "share_code": True,
        "share_pin": with_pin and made.pin is not None,
        "share_from": held.valid_from is not None,
        "share_until": held.valid_until is not None,
        "share_hours": held.hours is not None,
        "share_uses": held.max_uses is not None,
    }
    return "\n".join(
        texts[f"component.{DOMAIN}.common.{key}"].format_map(facts) for key, wanted in sentences.items() if wanted
    )


def _draw(code: str) -> Picture:
    drawing = segno.make(code, error=CORRECTION, micro=False)
    png, svg = io.BytesIO(), io.BytesIO()
    drawing.save(png, kind="png", scale=SCALE)
    drawing.save(svg, kind="svg", scale=SCALE, xmldecl=False)
    return Picture(png=png.getvalue(), svg=svg.getvalue())
