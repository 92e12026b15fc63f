"""Writes the parts of the documentation that the sources already say.

Whole pages, and tables within pages, between the lines `<!-- scripts/docs: name -->` and `<!-- end -->`.
"""

import argparse
from collections.abc import Iterator
import json
import re
import sys
from typing import Any
from urllib.parse import urlencode

from .home import REPOSITORY

INTEGRATION = REPOSITORY / "custom_components" / "timmy_access"
DOCS = REPOSITORY / "docs"
BLUEPRINTS = INTEGRATION / "blueprints"
IMPORT = "https://my.home-assistant.io/redirect/blueprint_import/"
BLUEPRINTS_HEAD = """\
# Blueprints

Written by `scripts/docs` from the files in `custom_components/timmy_access/blueprints`.

Automations to fill in, under *Settings*, *Automations & scenes*, *Blueprints*. They are there once *Automation
blueprints* is on: asked when the integration is set up, and among its options later. All they say is in the language of
Home Assistant: the forms, and the messages they send. With a new version, or another language, they are brought up to
date, and automations made of them with them. One that you have changed is yours and stays as it is; one that you have
deleted stays away, until the option is turned off and on again. Turned off, nothing is written any more and nothing
deleted. Each can be imported by itself instead, in English. Messages go to the Home Assistant app;
*More actions* does anything else.
"""
ACTIONS_HEAD = """\
# Actions

Written by `scripts/docs` from `services.yaml`, the translations and the code.

Actions take `device_id`: the terminal, or one of its doors; those for the [people of the house](people.md) take the
listener instead, which need not be named where there is only one. Those *for any number of terminals* take a target:
devices, entities, areas, floors and labels; see [several terminals at once](#several-terminals-at-once).

Those marked *administrators* refuse other users; automations, and scripts that they run, may always use them. All
others need the right to control the lock of the door; `control_door` lets ordinary users open and cancel an alarm.
[Entities](entities.md#who-may-do-what) that do the same ask the same. Those that answer do so in the response variable
of the step, which the traces of automations and scripts keep: what to do about it is under
[guests](guests.md#what-traces-keep).

## Several terminals at once

What is wrong with what was filled in, or with a single one of the terminals, is said before anything is done to any:
a number that is somebody else's, a palm for a terminal that takes none. Then all are asked at the same time. One that
is away or refuses keeps no other from doing it, and the error names every one that failed, and why.

A single `device_id` that is no list gets the response of that terminal. Lists, areas, floors and labels get one by
device: `name`, `result` (`done` or `failed`), `error` in words, and what the action tells of the terminal. With a
response variable a terminal that fails does not end the automation: look at `result`.

Those *of one listener* (the log, hours, passes, two factors) do one thing for all of them together. `create_pass` takes
doors: a terminal means all of its doors, and an area those doors of a controller that are in it, whichever room the
controller itself hangs in.

```yaml
action: timmy_access.disable_user
target:
  floor_id: ground_floor
data:
  enroll_id: 17
```
"""

TRIGGERS_HEAD = """\
# Triggers and conditions

Written by `scripts/docs` from `triggers.yaml`, `conditions.yaml`, the translations and the code.

They are in the automation editor under *Timmy Access*. What locks and doors in general can say, Home Assistant's own
triggers do: a lock was unlocked, a door was opened.

The target is terminals, or areas, floors and labels with terminals in them; without one, all terminals. The
editor counts how many terminals are meant, and shows *No targets* with a warning where that is all of them. Terminals
do not tell at which of several doors something happened, so a single door of those is no target. Every field is a list:
one of its values has to fit, and every field that is given. Names do not differ by capitals.

People, groups and passes are chosen from lists in the triggers of a device: in the editor choose *Device*, the
terminal, and *Access granted*, *Access refused*, *Access requested* or *Code granted*; among conditions *Person was
seen*. The lists have who there is when the editor is opened, for administrators; any other name can be typed. They are
the triggers and the condition of the same names below, for one terminal. `triggers.yaml`, from which the editor makes
the forms of all others, is a file that knows nobody: there, names are typed.

Triggers fire at what has just happened. What a terminal kept while it was offline is in the access log, and triggers
nothing but *Records caught up*. Automations keep working when the integration is reloaded.

In templates, `trigger` has these variables besides those below:

| Variable | Meaning |
|---|---|
| `device_id` | The device of the terminal. |
| `terminal` | The name of the terminal. |
| `occurred_at` | When it happened. |

```yaml
triggers:
  - trigger: timmy_access.access_granted
    target:
      area_id: entrance
    options:
      method: [face, fingerprint]
actions:
  - action: notify.send_message
    target:
      entity_id: notify.ada
    data:
      message: "{{ trigger.person }} is at {{ trigger.terminal }}."
```
"""
# What the facts of moments mean to those who write templates.
VARIABLES = {
    "barred": "Why the house does not let the person pass at present, in a word; nothing where it does.",
    "certain": "Whether it is known of all terminals who passed them; not while one is away.",
    "credential": "The kind of credential.",
    "enroll_id": "The person's number on the terminal.",
    "fingerprint": "Stands for the code: the same for the same code, and of no other use.",
    "for": "How long it has lasted; nothing for what triggers at once.",
    "function_key": "The key that was pressed with it, or the answer that was chosen; 0 for none.",
    "groups": "The access groups of the person, by name; none for whom the house does not know or does not let pass.",
    "kind": "What is wrong: `alarm`, `forced_open`, `held_open`, `offline` or `tamper`.",
    "method": "How the person was recognised.",
    "mode": "The method as a number, as the terminal says it.",
    "pass_id": "The pass that was used.",
    "pass_name": "The name of the pass.",
    "person": "The person's name; `User 17` where the terminal has none.",
    "person_entity_id": "The person of Home Assistant that the person was linked to, or nothing.",
    "reader": "`main`, `second` or `unknown`.",
    "reason": "Why, in a word.",
    "records": "How many records came in.",
    "request_id": "What the answer needs, where one is waited for.",
    "since": "When the first of them happened.",
    "source": "`qr_code` or `pin`.",
    "temperature": "The person's temperature, where the terminal takes it.",
    "until": "When the last of them happened.",
}


def actions() -> str:
    """Return the page of all actions with their fields."""
    # Imported here, as it brings all of Home Assistant.
    from custom_components.timmy_access.hub.rights import Right  # noqa: PLC0415
    from custom_components.timmy_access.services import ACTIONS  # noqa: PLC0415
    from homeassistant.core import SupportsResponse  # noqa: PLC0415
    from homeassistant.util.yaml import load_yaml_dict  # noqa: PLC0415

    texts: dict[str, Any] = json.loads((INTEGRATION / "translations" / "en.json").read_text())["services"]
    described: dict[str, Any] = load_yaml_dict(INTEGRATION / "services.yaml")
    parts = [ACTIONS_HEAD]
    for action in ACTIONS:
        text = texts[action.name]
        notes = [text["description"]]
        if action.right is Right.ADMINISTER:
            notes.append("*Administrators.*")
        if action.response is not SupportsResponse.NONE:
            notes.append("*Answers.*")
        if "target" in described[action.name]:
            of_one = " of one listener" if getattr(action, "several", False) else ""
            notes.append(f"*For any number of terminals{of_one}.*")
        parts.append(f"## `timmy_access.{action.name}`: {text['name']}\n\n{' '.join(notes)}\n")
        fields = dict(_fields(described[action.name]))
        rows = [
            f"| `{name}` | {'yes' if fields[name].get('required') else ''} | {field['description']} |"
            for name, field in text.get("fields", {}).items()
            if name != "device_id"
        ]
        if rows:
            parts.append("| Field | Required | Meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _fields(about: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the fields of an action, also those of sections."""
    for name, field in about.get("fields", {}).items():
        if "fields" in field:
            yield from field["fields"].items()
        else:
            yield name, field


def triggers() -> str:
    """Return the page of all triggers and conditions with their fields and variables."""
    # Imported here, as it brings all of Home Assistant.
    from custom_components.timmy_access.automation.triggers import TRIGGERS  # noqa: PLC0415
    from homeassistant.util.yaml import load_yaml_dict  # noqa: PLC0415

    texts: dict[str, Any] = json.loads((INTEGRATION / "translations" / "en.json").read_text())
    parts = [TRIGGERS_HEAD, "## Triggers\n"]
    for description in TRIGGERS:
        parts += _choice(description.key, texts["triggers"], load_yaml_dict(INTEGRATION / "triggers.yaml"))
        if description.variables:
            rows = [f"| `{name}` | {VARIABLES[name]} |" for name in description.variables]
            parts.append("| Variable | Meaning |\n|---|---|\n" + "\n".join(rows) + "\n")
    parts.append("## Conditions\n")
    for key in texts["conditions"]:
        parts += _choice(key, texts["conditions"], load_yaml_dict(INTEGRATION / "conditions.yaml"))
    return "\n".join(parts)


def _choice(key: str, texts: dict[str, Any], described: dict[str, Any]) -> list[str]:
    """Return the heading, the description and the fields of a trigger or a condition."""
    text = texts[key]
    parts = [f"### `timmy_access.{key}`: {text['name']}\n\n{text['description']}\n"]
    rows = [
        f"| `{name}` | {_choices(described[key]['fields'][name])} | {field['description']} |"
        for name, field in text.get("fields", {}).items()
    ]
    if rows:
        parts.append("| Field | Values | Meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    return parts


def _choices(field: dict[str, Any]) -> str:
    """Return what can be chosen for a field, or what its value is like."""
    (kind, config), *_ = field["selector"].items()
    if kind == "automation_behavior":
        return "`any`, `all`"
    if kind == "select":
        return ", ".join(f"`{option}`" for option in config["options"])
    if kind == "duration":
        return f"time, `{field['default']}` if left out" if "default" in field else "time"
    return "numbers" if config and config.get("type") == "number" else "texts"


def panel() -> str:
    """Return the page of what the panel asks."""
    # Imported here, as it brings all of Home Assistant.
    from .docs_panel import panel_api  # noqa: PLC0415

    return panel_api()


def blueprints() -> str:
    """Return the page of all blueprints with their inputs."""
    # Imported here, as it brings all of Home Assistant.
    from homeassistant.util.yaml import load_yaml_dict  # noqa: PLC0415

    parts = [BLUEPRINTS_HEAD]
    for path in sorted(BLUEPRINTS.glob("*.yaml")):
        about: dict[str, Any] = load_yaml_dict(path)["blueprint"]
        link = f"{IMPORT}?{urlencode({'blueprint_url': about['source_url']})}"
        parts.append(f"## {about['name']}\n\n{about['description'].strip()}\n\n[Import it]({link})\n")
        rows = [
            f"| {given['name']} | {'' if 'default' in given else 'yes'} | {given['description'].strip()} |"
            for given in about["input"].values()
        ]
        parts.append("| Input | Required | Meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


PAGES = {"PANEL_API.md": panel, "actions.md": actions, "blueprints.md": blueprints, "triggers.md": triggers}
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
