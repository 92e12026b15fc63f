"""Says which version this is, and whether everything that names it agrees; needs nothing but Python.

With a tag, as a release has: the tag must name the version too, and the changelog must not call it unreleased.
"""

import argparse
import json
from pathlib import Path
import re
import sys
import tomllib

REPOSITORY = Path(__file__).resolve().parent.parent
UNRELEASED = "unreleased"
# The newest heading of the changelog: "## 1.2.3 (2026-12-24)", or "(unreleased)".
_HEADING = re.compile(r"^## (?P<version>\S+) \((?P<when>.+)\)$", re.MULTILINE)


class Disagreement(Exception):
    """Two places name different versions."""


def manifest_version(folder: Path) -> str:
    """Return the version of the manifest."""
    manifest = json.loads((folder / "custom_components" / "timmy_access" / "manifest.json").read_text())
    return str(manifest["version"])


def agreed(folder: Path, tag: str | None = None) -> str:
    """Return the version that manifest, pyproject.toml, changelog and tag agree on; raises `Disagreement`."""
    version = manifest_version(folder)
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["version"]
    if project != version:
        raise Disagreement(f"pyproject.toml says {project}, the manifest {version}")
    newest = _HEADING.search((folder / "CHANGELOG.md").read_text())
    if newest is None or newest["version"] != version:
        raise Disagreement(f"the changelog begins with {newest and newest['version']}, the manifest says {version}")
    if tag is not None:
        if tag.removeprefix("v") != version:
            raise Disagreement(f"the tag is {tag}, the manifest says {version}")
        if newest["when"] == UNRELEASED:
            raise Disagreement(f"the changelog calls {version} unreleased")
    return version


def main() -> int:
    """Print the version, or what disagrees."""
    parser = argparse.ArgumentParser(prog="scripts/version.py", description=__doc__)
    parser.add_argument("--tag", help="the tag of a release")
    try:
        print(agreed(REPOSITORY, parser.parse_args().tag))
    except Disagreement as err:
        print(f"FAILED: {err}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
