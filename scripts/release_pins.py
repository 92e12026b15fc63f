"""What a release of Home Assistant installs at run time, for the packages that the dev group pins to the minimum's."""

import argparse
from collections.abc import Iterable
import json
from pathlib import Path
import re
import sys
import tomllib

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


class UnknownPin(Exception):
    """A package is pinned for Home Assistant's sake, and this release does not ask for it."""


def wanted_by(release: Path) -> dict[str, str]:
    """Return the versions, by normalised name, that the integrations of a release ask for.

    `release` is its `homeassistant` folder.
    """
    requirements = (
        requirement
        for manifest in sorted(release.glob("components/*/manifest.json"))
        for requirement in json.loads(manifest.read_text()).get("requirements", ())
    )
    return dict(pin for requirement in requirements if (pin := _pin(requirement)) is not None)


def pinned_for(release: Path, group: Iterable[str]) -> list[str]:
    """Return the requirements of a group with the versions of a release; raises `UnknownPin`."""
    wanted = wanted_by(release)
    pinned: list[str] = []
    for requirement in group:
        pin = _pin(requirement)
        if pin is None:
            pinned.append(requirement)
        elif pin[0] in wanted:
            pinned.append(f"{pin[0]}=={wanted[pin[0]]}")
        else:
            raise UnknownPin(requirement)
    return pinned


def _pin(requirement: str) -> tuple[str, str] | None:
    """Return the normalised name and the version of an exact requirement; None for any other."""
    match = re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;,]+)", requirement)
    return match and (re.sub(r"[-_.]+", "-", match[1]).lower(), match[2])


def main() -> int:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="scripts/release_pins.py", description=__doc__)
    parser.add_argument("release", type=Path, help="the folder that holds the release's `homeassistant`")
    release = parser.parse_args().release
    project = tomllib.loads(PROJECT.read_text())
    try:
        lines = pinned_for(release / "homeassistant", project["dependency-groups"]["dev"])
    except UnknownPin as err:
        print(f"no integration of this Home Assistant asks for {err} any more: take it out", file=sys.stderr)
        return 1
    print(*lines, *project["project"]["dependencies"], sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
