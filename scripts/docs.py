"""Writes the parts of the documentation that the sources already say.

Whole pages, and tables within pages, between the lines `<!-- scripts/docs: name -->` and `<!-- end -->`.
"""

import argparse
import json
import re
import sys
from typing import Any

from .home import REPOSITORY

INTEGRATION = REPOSITORY / "custom_components" / "timmy_access"
DOCS = REPOSITORY / "docs"
ACTIONS_HEAD = """\
# Actions

Written by `scripts/docs` from `services.yaml`, the translations and the code.

All actions take `device_id`: the terminal, or one of its doors. Those marked *administrators* refuse other users;
automations and scripts may always use them. Those that answer do so in the response variable of the step.
"""


def actions() -> str:
    """Return the page of all actions with their fields."""
    # Imported here, as it brings all of Home Assistant.
    from custom_components.timmy_access.services import ACTIONS  # noqa: PLC0415
    from homeassistant.core import SupportsResponse  # noqa: PLC0415
    from homeassistant.util.yaml import load_yaml_dict  # noqa: PLC0415

    texts: dict[str, Any] = json.loads((INTEGRATION / "translations" / "en.json").read_text())["services"]
    described: dict[str, Any] = load_yaml_dict(INTEGRATION / "services.yaml")
    parts = [ACTIONS_HEAD]
    for action in ACTIONS:
        text = texts[action.name]
        notes = [text["description"]]
        if action.admin:
            notes.append("*Administrators.*")
        if action.response is not SupportsResponse.NONE:
            notes.append("*Answers.*")
        parts.append(f"## `timmy_access.{action.name}`: {text['name']}\n\n{' '.join(notes)}\n")
        fields = described[action.name]["fields"]
        rows = [
            f"| `{name}` | {'yes' if fields[name].get('required') else ''} | {field['description']} |"
            for name, field in text["fields"].items()
            if name != "device_id"
        ]
        if rows:
            parts.append("| Field | Required | Meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


PAGES = {"actions.md": actions}
_TABLE = re.compile(r"(<!-- scripts/docs: (?P<name>[\w ]+) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def with_tables(text: str) -> str:
    """Return a page with its tables as they should be; raises KeyError for a name that no table has."""
    from .docs_tables import TABLES  # noqa: PLC0415 - brings all of Home Assistant

    return _TABLE.sub(lambda found: f"{found[1]}\n{TABLES[found['name']]()}\n{found[3]}", text)


def pages() -> dict[str, str]:
    """Return all pages that hold something written here, as they should be, by name."""
    written = {name: build() for name, build in PAGES.items()}
    for page in sorted(DOCS.glob("*.md")):
        if page.name not in written and _TABLE.search(text := page.read_text()):
            written[page.name] = with_tables(text)
    return written


def main() -> int:
    """Write the pages, or say with `--check` whether they are up to date."""
    parser = argparse.ArgumentParser(prog="scripts/docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a page is out of date")
    check = parser.parse_args().check
    stale = []
    for name, text in pages().items():
        page = DOCS / name
        if not page.exists() or page.read_text() != text:
            stale.append(name)
            if not check:
                page.write_text(text)
    print(f"{'out of date' if check else 'written'}: {', '.join(stale) or 'nothing'}")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
