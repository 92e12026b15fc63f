"""Pictures of passes as files. Whoever has one comes in."""

from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant

from ..records.private_files import PrivateFolder, new_file, not_written
from .sharing import Picture

PASSES: Final = PrivateFolder(what="passes", types={".png": "image/png", ".svg": "image/svg+xml"})


async def async_write_picture(hass: HomeAssistant, picture: Picture, name: str) -> dict[str, str]:
    """Write the picture, and return where it is and an address to show it by; raises translated errors.

    A name that ends in `.svg` gets the drawing, any other the PNG.
    """
    path = PASSES.path(hass, name)
    try:
        await hass.async_add_executor_job(_write, path, picture.svg if path.suffix == ".svg" else picture.png)
    except OSError as err:
        raise not_written(path, err) from err
    return {"file": str(path), "url": PASSES.address(hass, path)}


def _write(path: Path, data: bytes) -> None:
    partial = new_file(path.parent)
    try:
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
