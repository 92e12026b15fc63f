"""The brand has its pictures, as the catalogue of brands asks for them."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from PIL import Image
import pytest

from homeassistant.components.brands.const import ALLOWED_IMAGES
from scripts.brand import BRAND, DRAWINGS, SCALES

PICTURES = sorted(drawing.stem for drawing in DRAWINGS.glob("*.svg"))
NAMES = [f"{name}{suffix}.png" for name in PICTURES for suffix in SCALES]
ICON_PIXELS = 256
# Of the shortest side of a logo.
LOGO_PIXELS = range(128, 256 + 1)
# The edge of a curve may fade out before the last pixel, and a square has room beside what is not quite one.
EDGE_PIXELS = 1


def faults(name: str, picture: Image.Image) -> list[str]:
    """Return what is wrong with a picture of that name."""
    if picture.format != "PNG" or picture.mode != "RGBA":
        return ["no PNG with transparency"]
    found = []
    scale = 2 if name.endswith("@2x.png") else 1
    if "icon" in name:
        if picture.size != (ICON_PIXELS * scale, ICON_PIXELS * scale):
            found.append("not the size of an icon")
    elif min(picture.size) % scale or min(picture.size) // scale not in LOGO_PIXELS:
        found.append("not the size of a logo")
    elif picture.width < picture.height:
        found.append("an upright logo")
    opacity = picture.getchannel("A")
    box = opacity.getbbox()
    if box is None:
        return [*found, "nothing on it"]
    across, down = (box[2] - box[0], picture.width), (box[3] - box[1], picture.height)
    touched = [whole - used <= 2 * EDGE_PIXELS * scale for used, whole in (across, down)]
    if not (any(touched) if "icon" in name else all(touched)):
        found.append("not trimmed")
    if opacity.getextrema() == (255, 255):
        found.append("no background to see through")
    return found


def twins(pictures: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Return which pictures are copies of one another; Home Assistant falls back by itself."""
    ordered = sorted(pictures.items(), key=lambda picture: picture[1])
    return [(one, other) for (one, content), (other, again) in pairwise(ordered) if content == again]


def test_the_brand_has_an_icon_and_a_logo_in_light_and_dark() -> None:
    assert PICTURES == ["dark_icon", "dark_logo", "icon", "logo"]
    assert {path.name for path in BRAND.iterdir()} == set(NAMES)
    assert set(NAMES) <= ALLOWED_IMAGES


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_as_it_is_asked_for(name: str) -> None:
    with Image.open(BRAND / name) as picture:
        assert faults(name, picture) == []


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_for_dense_screens_is_the_same_twice_as_large(name: str) -> None:
    with Image.open(BRAND / f"{name}.png") as small, Image.open(BRAND / f"{name}@2x.png") as large:
        assert large.size == (2 * small.width, 2 * small.height)


def test_no_picture_is_a_copy() -> None:
    assert twins({name: (BRAND / name).read_bytes() for name in NAMES}) == []


def test_a_copy_is_refused() -> None:
    assert twins({"icon.png": b"1", "logo.png": b"2", "dark_icon.png": b"1"}) == [("icon.png", "dark_icon.png")]


@pytest.mark.parametrize(
    ("name", "size", "drawn", "fault"),
    [
        ("icon.png", (256, 256), (0, 0, 256, 250), None),
        ("icon.png", (512, 512), (0, 0, 512, 500), "not the size of an icon"),
        ("dark_icon@2x.png", (256, 256), (0, 0, 256, 250), "not the size of an icon"),
        ("icon.png", (256, 200), (0, 0, 256, 150), "not the size of an icon"),
        ("icon.png", (256, 256), (10, 10, 240, 240), "not trimmed"),
        ("icon.png", (256, 256), (0, 0, 256, 256), "no background to see through"),
        ("icon.png", (256, 256), (0, 0, 0, 0), "nothing on it"),
        ("logo.png", (400, 128), (0, 0, 400, 127), None),
        ("logo.png", (400, 100), (0, 0, 400, 99), "not the size of a logo"),
        ("logo@2x.png", (900, 514), (0, 0, 900, 513), "not the size of a logo"),
        ("logo.png", (128, 400), (0, 0, 127, 400), "an upright logo"),
        ("logo.png", (400, 128), (0, 0, 400, 100), "not trimmed"),
    ],
)
def test_what_is_refused(
    tmp_path: Path, name: str, size: tuple[int, int], drawn: tuple[int, int, int, int], fault: str | None
) -> None:
    picture = Image.new("RGBA", size)
    picture.paste((0, 0, 0, 255), drawn)
    picture.save(tmp_path / name)
    with Image.open(tmp_path / name) as written:
        assert faults(name, written) == ([] if fault is None else [fault])


def test_other_formats_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (256, 256)).save(tmp_path / "icon.jpeg")
    with Image.open(tmp_path / "icon.jpeg") as picture:
        assert faults("icon.png", picture) == ["no PNG with transparency"]
