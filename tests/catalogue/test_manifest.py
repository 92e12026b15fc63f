"""There is one manifest, and it says what hassfest and HACS want to know."""

from collections.abc import Iterator, Sequence
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from awesomeversion import AwesomeVersion, AwesomeVersionException, AwesomeVersionStrategy
from packaging.requirements import InvalidRequirement, Requirement
import pytest
import voluptuous as vol

import homeassistant
from homeassistant import components
from scripts.home import REPOSITORY

from .repository import INTEGRATION, MANIFEST, complaints

VERSIONS = [
    AwesomeVersionStrategy.BUILDVER,
    AwesomeVersionStrategy.CALVER,
    AwesomeVersionStrategy.PEP440,
    AwesomeVersionStrategy.SEMVER,
    AwesomeVersionStrategy.SIMPLEVER,
]
CONSTRAINTS = (Path(homeassistant.__file__).parent / "package_constraints.txt").read_text()


def version(value: Any) -> str:
    """A version that releases can be told apart by; raises `vol.Invalid`."""
    try:
        AwesomeVersion(value, ensure_strategy=VERSIONS)
    except AwesomeVersionException as err:
        raise vol.Invalid("no version") from err
    return str(value)


def address(value: Any) -> str:
    """An address of our own on the web; raises `vol.Invalid`."""
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.netloc or parts.netloc.endswith("home-assistant.io"):
        raise vol.Invalid("no address of our own on the web")
    return str(value)


def requirement(value: Any) -> str:
    """A package as pip takes it, and one that Home Assistant's constraints let in; raises `vol.Invalid`."""
    try:
        wanted = Requirement(value)
    except InvalidRequirement as err:
        raise vol.Invalid("no requirement") from err
    if " " in value:
        raise vol.Invalid("a space in a requirement")
    for line in CONSTRAINTS.splitlines():
        name, pinned, held = line.partition("==")
        if pinned and name.lower() == wanted.name.lower() and not wanted.specifier.contains(held, prereleases=True):
            raise vol.Invalid(f"Home Assistant holds {line}")
    return str(value)


SCHEMA = vol.Schema(
    {
        vol.Required("domain"): INTEGRATION.name,
        vol.Required("name"): str,
        vol.Optional("after_dependencies"): [str],
        vol.Required("codeowners"): vol.All([vol.Match(r"^@[\w-]+(/[\w-]+)?$")], vol.Length(min=1)),
        vol.Required("config_flow"): (INTEGRATION / "config_flow.py").is_file(),
        vol.Optional("dependencies"): [str],
        vol.Required("documentation"): address,
        vol.Optional("import_executor"): bool,
        vol.Required("integration_type"): vol.In(["device", "hub", "service"]),
        vol.Required("iot_class"): vol.In(
            ["assumed_state", "calculated", "cloud_polling", "cloud_push", "local_polling", "local_push"]
        ),
        vol.Required("issue_tracker"): address,
        vol.Optional("loggers"): [str],
        vol.Optional("requirements"): [requirement],
        vol.Optional("single_config_entry"): bool,
        vol.Required("version"): version,
    }
)


def in_order(keys: Sequence[str]) -> bool:
    """Whether the keys of a manifest stand as hassfest wants them: domain, name, and the others by the alphabet."""
    return list(keys) == sorted(keys, key=lambda key: (key != "domain", key != "name", key))


def manifests(folder: Path) -> Iterator[str]:
    """Yield what HACS takes for manifests in a repository, without what git leaves out of it."""
    ignored = {line.strip().strip("/") for line in (folder / ".gitignore").read_text().splitlines()} | {".git"}
    for path, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in ignored]
        for name in files:
            if name.endswith("manifest.json"):
                yield str((Path(path) / name).relative_to(folder))


def test_the_manifest_is_valid() -> None:
    assert complaints(SCHEMA, MANIFEST) == []
    assert in_order(list(MANIFEST))
    assert MANIFEST["issue_tracker"] == f"{MANIFEST['documentation']}/issues"
    assert not (Path(components.__file__).parent / MANIFEST["domain"]).exists()


def test_there_is_one_manifest() -> None:
    assert list(manifests(REPOSITORY)) == [str((INTEGRATION / "manifest.json").relative_to(REPOSITORY))]


def test_a_second_manifest_is_found(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text(".venv/\nbuild/\n")
    for name in ("custom_components/ours", "tests/theirs", ".venv/lib", "build"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "manifest.json").touch()
    (tmp_path / "web_manifest.json").touch()
    assert sorted(manifests(tmp_path)) == [
        "custom_components/ours/manifest.json",
        "tests/theirs/manifest.json",
        "web_manifest.json",
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("domain", "timmy"),
        ("name", None),
        ("codeowners", []),
        ("codeowners", ["timmy-access"]),
        ("config_flow", False),
        ("dependencies", "network"),
        ("documentation", "http://github.com/timmy-access/timmy-access"),
        ("documentation", "https://www.home-assistant.io/integrations/timmy_access"),
        ("documentation", None),
        ("homeassistant", "2026.10.0"),
        ("integration_type", "bridge"),
        ("iot_class", "push"),
        ("iot_class", None),
        ("issue_tracker", "github.com/timmy-access/timmy-access/issues"),
        ("issue_tracker", None),
        ("quality_scale", "platinum"),
        ("requirements", ["segno >= 1.6.1"]),
        ("requirements", ["segno=1.6.1"]),
        ("requirements", ["aiohttp>=99"]),
        ("version", "first"),
        ("version", ""),
        ("version", None),
    ],
)
def test_what_is_refused(key: str, value: Any) -> None:
    manifest = {**MANIFEST, key: value}
    if value is None:
        del manifest[key]
    assert complaints(SCHEMA, manifest)


@pytest.mark.parametrize(
    "keys", [("name", "domain"), ("domain", "codeowners", "name"), ("domain", "name", "version", "codeowners")]
)
def test_an_order_that_is_refused(keys: tuple[str, ...]) -> None:
    assert not in_order(keys)
