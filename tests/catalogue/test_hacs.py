"""The repository is as HACS and its catalogue take it: hacs.json, licence, description, and what a release holds."""

from collections.abc import Iterator, Mapping
import re
import tomllib
from typing import Any

from awesomeversion import AwesomeVersion, AwesomeVersionException
import pytest
import voluptuous as vol

from scripts.home import REPOSITORY

from .repository import HACS, MANIFEST, complaints
from .test_workflows import steps

PROJECT: dict[str, Any] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
# From here on Home Assistant shows the pictures that lie in an integration.
OWN_BRAND = AwesomeVersion("2026.3.0")
DESCRIPTION_LETTERS = 350  # what GitHub takes
LICENCE = """
    Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
    documentation files (the "Software"), to deal in the Software without restriction, including without limitation
    the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and
    to permit persons to whom the Software is furnished to do so, subject to the following conditions:

    The above copyright notice and this permission notice shall be included in all copies or substantial portions of
    the Software.

    THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO
    THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
    AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
    CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS
    IN THE SOFTWARE.
"""


def minimum(value: Any) -> str:
    """A version of Home Assistant that shows our pictures; raises `vol.Invalid`."""
    try:
        if AwesomeVersion(value) < OWN_BRAND:
            raise vol.Invalid("older than pictures in an integration")
    except AwesomeVersionException as err:
        raise vol.Invalid("no version") from err
    return str(value)


def packed(value: dict[str, Any]) -> dict[str, Any]:
    """Settings that name the file of a release, if there is one; raises `vol.Invalid`."""
    if value.get("zip_release", False) != ("filename" in value):
        raise vol.Invalid("a release in a file needs both")
    return value


SCHEMA = vol.Schema(
    vol.All(
        {
            vol.Required("name"): str,
            vol.Optional("content_in_root"): bool,
            vol.Optional("country"): [vol.Match(r"^[A-Z]{2}$")],
            vol.Optional("filename"): vol.Match(r"^[\w.-]+\.zip$"),
            vol.Optional("hacs"): str,
            vol.Optional("hide_default_branch"): bool,
            vol.Required("homeassistant"): minimum,
            vol.Optional("persistent_directory"): str,
            vol.Optional("zip_release"): bool,
        },
        packed,
    )
)


def month(version: str) -> str:
    """Return the release of Home Assistant that a version is of."""
    return ".".join(version.split(".")[:2])


def pinned(requirements: str) -> str:
    """Return the release of Home Assistant that requirements hold."""
    found = re.search(r"^homeassistant==([\d.]+)", requirements, re.MULTILINE)
    assert found is not None
    return month(found[1])


def unproven(hacs: Mapping[str, Any], requirements: Mapping[str, str]) -> Iterator[str]:
    """Yield which version is promised and not the oldest that tests run with."""
    oldest = min((pinned(text) for text in requirements.values()), key=AwesomeVersion)
    if month(hacs["homeassistant"]) != oldest:
        yield f"{hacs['homeassistant']} is promised, {oldest} is proven"


def is_mit(text: str) -> bool:
    """Whether a licence is the MIT licence, word for word."""
    head, _, body = text.partition("Permission")
    return head.startswith("MIT License\n\nCopyright (c) 2") and f"Permission{body}".split() == LICENCE.split()


def test_hacs_json_is_valid() -> None:
    assert complaints(SCHEMA, HACS) == []
    assert HACS["name"] == MANIFEST["name"]


def test_the_zip_is_the_one_that_hacs_looks_for() -> None:
    runs = [step.get("run", "") for step in steps()]
    assert any(run == f'gh release upload "$TAG" {HACS["filename"]}' for run in runs)
    # What is in it lies at its top, where HACS unpacks it to.
    folder = f"custom_components/{MANIFEST['domain']}"
    assert any(run.startswith(f"cd {folder} && zip -r ../../{HACS['filename']} .") for run in runs)


def test_the_minimum_version_is_the_oldest_that_tests_run_with() -> None:
    files = [REPOSITORY / "requirements" / name for name in ("dev.txt", "newest.txt")]
    assert list(unproven(HACS, {path.name: path.read_text() for path in files})) == []


def test_the_licence_is_mit() -> None:
    assert is_mit((REPOSITORY / "LICENSE").read_text())
    assert PROJECT["license"] == "MIT"


def test_the_description_is_one() -> None:
    assert PROJECT["description"].startswith("Home Assistant integration for ")
    assert len(PROJECT["description"]) <= DESCRIPTION_LETTERS
    assert not PROJECT["description"].endswith(".")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", None),
        ("homeassistant", None),
        ("homeassistant", "2026.2.3"),
        ("homeassistant", "newest"),
        ("zip_release", "yes"),
        ("zip_release", False),
        ("filename", None),
        ("filename", "../timmy_access.zip"),
        ("country", "de"),
        ("render_readme", True),
        ("domains", ["lock"]),
        ("iot_class", "Local Push"),
    ],
)
def test_what_is_refused(key: str, value: Any) -> None:
    hacs = {**HACS, key: value}
    if value is None:
        del hacs[key]
    assert complaints(SCHEMA, hacs)


@pytest.mark.parametrize(("promised", "proven"), [("2026.9.0", False), ("2026.10.0", True), ("2026.11.0", False)])
def test_a_version_that_is_not_proven_is_refused(promised: str, *, proven: bool) -> None:
    tested = {"dev.txt": "a==1\nhomeassistant==2026.10.4 \\\n", "newest.txt": "homeassistant==2026.11.0 \\\n"}
    assert (list(unproven({"homeassistant": promised}, tested)) == []) is proven


@pytest.mark.parametrize(
    ("old", "new"), [("MIT", "ISC"), ("free of charge", "for a fee"), ("Copyright (c) 2026", "Copyright")]
)
def test_another_licence_is_refused(old: str, new: str) -> None:
    text = (REPOSITORY / "LICENSE").read_text()
    assert old in text
    assert not is_mit(text.replace(old, new))
