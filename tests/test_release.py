"""What is released is what was tested, under the version it says."""

import json
from pathlib import Path

import pytest

from scripts.version import REPOSITORY, Disagreement, agreed, manifest_version

VERSION = manifest_version(REPOSITORY)


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
