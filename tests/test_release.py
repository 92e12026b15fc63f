"""What is released is what was tested, under the version it says."""

import json
from pathlib import Path
import re
from typing import Any

import pytest

from homeassistant.util.yaml import load_yaml_dict
from scripts.version import REPOSITORY, Disagreement, agreed, manifest_version

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yaml"))
VERSION = manifest_version(REPOSITORY)


def workflow(path: Path) -> dict[str, Any]:
    """Return a workflow; YAML takes the key `on` for a truth."""
    loaded: dict[Any, Any] = load_yaml_dict(path)
    return {"on" if key is True else str(key): value for key, value in loaded.items()}


def steps() -> list[dict[str, Any]]:
    return [step for path in WORKFLOWS for job in workflow(path)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_parses_and_may_do_only_what_it_says(path: Path) -> None:
    found = workflow(path)
    assert found["on"]
    assert found["permissions"]
    for job in found["jobs"].values():
        assert job["runs-on"]
        assert all(step.keys() & {"run", "uses"} for step in job["steps"])


def test_everything_that_judges_the_integration_runs() -> None:
    used = {step["uses"].partition("@")[0] for step in steps() if "uses" in step}
    assert {"hacs/action", "home-assistant/actions/hassfest"} <= used
    runs = [step["run"] for step in steps() if "run" in step]
    assert {".ci/run", "scripts/pin --newest", "scripts/test"} <= set(runs)
    assert any(run.startswith("python3 scripts/version.py --tag") for run in runs)


def test_scripts_of_workflows_exist() -> None:
    for step in steps():
        for script in re.findall(r"(?<![\w.])(?:\.ci|scripts)/[\w.]+", step.get("run", "")):
            assert (REPOSITORY / script).is_file(), script


def test_the_zip_is_the_one_that_hacs_looks_for() -> None:
    hacs = json.loads((REPOSITORY / "hacs.json").read_text())
    assert hacs["zip_release"] is True
    assert any(f'upload "$TAG" {hacs["filename"]}' in step.get("run", "") for step in steps())


def test_the_minimum_version_is_the_tested_one() -> None:
    minimum = json.loads((REPOSITORY / "hacs.json").read_text())["homeassistant"]
    pinned = re.search(r"^homeassistant==([\d.]+)", (REPOSITORY / "requirements" / "dev.txt").read_text(), re.MULTILINE)
    assert pinned is not None
    assert pinned[1].rpartition(".")[0] == minimum.rpartition(".")[0]
    names = [job.get("name", "") for path in WORKFLOWS for job in workflow(path)["jobs"].values()]
    assert f"Home Assistant {minimum.rpartition('.')[0]}" in names
    assert f"Home Assistant {minimum.rpartition('.')[0]} or newer" in (REPOSITORY / "README.md").read_text()


def test_requirements_are_those_of_the_manifest() -> None:
    manifest = json.loads((REPOSITORY / "custom_components" / "timmy_access" / "manifest.json").read_text())
    project = (REPOSITORY / "pyproject.toml").read_text()
    assert f"dependencies = {json.dumps(manifest['requirements'])}" in project


def test_this_version_agrees_with_itself() -> None:
    assert agreed(REPOSITORY) == VERSION


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """Files of a version 1.2.3 that may be released."""
    (tmp_path / "custom_components" / "timmy_access").mkdir(parents=True)
    (tmp_path / "custom_components" / "timmy_access" / "manifest.json").write_text('{"version": "1.2.3"}')
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 1.2.3 (2026-12-24)\n\n## 1.2.2 (2026-12-01)\n")
    return tmp_path


@pytest.mark.parametrize("tag", ["1.2.3", "v1.2.3"])
def test_a_release_that_agrees(released: Path, tag: str) -> None:
    assert agreed(released, tag) == "1.2.3"


@pytest.mark.parametrize(
    ("file", "text", "tag", "says"),
    [
        ("CHANGELOG.md", "## 1.2.2 (2026-12-01)\n", None, "changelog begins with 1.2.2"),
        ("CHANGELOG.md", "", None, "changelog begins with None"),
        ("CHANGELOG.md", "## 1.2.3 (unreleased)\n", "1.2.3", "calls 1.2.3 unreleased"),
        ("pyproject.toml", '[project]\nversion = "1.2.4"\n', None, "pyproject.toml says 1.2.4"),
        (None, "", "1.2.4", "the tag is 1.2.4"),
    ],
)
def test_a_release_that_does_not(released: Path, file: str | None, text: str, tag: str | None, says: str) -> None:
    if file is not None:
        (released / file).write_text(text)
    with pytest.raises(Disagreement, match=says):
        agreed(released, tag)
