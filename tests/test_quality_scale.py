"""The quality scale is what it says: every rule is there, and what is done names what shows it."""

import ast
import json
from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.timmy_access import PLATFORMS
from homeassistant.util.yaml import load_yaml_dict
from scripts.home import REPOSITORY

INTEGRATION = REPOSITORY / "custom_components" / "timmy_access"
# As of November 2026.
TIERS = {
    "Bronze": """
        action-setup appropriate-polling brands common-modules config-flow-test-coverage config-flow
        dependency-transparency docs-actions docs-conditions docs-high-level-description docs-installation-instructions
        docs-removal-instructions docs-triggers entity-event-setup entity-unique-id has-entity-name runtime-data
        test-before-configure test-before-setup unique-config-entry
    """,
    "Silver": """
        action-exceptions config-entry-unloading docs-configuration-parameters docs-installation-parameters
        entity-unavailable integration-owner log-when-unavailable parallel-updates reauthentication-flow test-coverage
    """,
    "Gold": """
        devices diagnostics discovery-update-info discovery docs-data-update docs-examples docs-known-limitations
        docs-supported-devices docs-supported-functions docs-troubleshooting docs-use-cases dynamic-devices
        entity-category entity-device-class entity-disabled-by-default entity-translations exception-translations
        icon-translations reconfiguration-flow repair-issues stale-devices
    """,
    "Platinum": "async-dependency inject-websession strict-typing",
}
RULES: dict[str, dict[str, str]] = load_yaml_dict(INTEGRATION / "quality_scale.yaml")["rules"]
# A file of this repository, and perhaps a test in it.
_SHOWN_BY = re.compile(r"(?P<file>\b[\w/.-]+\.(?:json|md|py|toml|yaml)|\bscripts/\w+)(?:::(?P<test>\w+))?")


def test_every_rule_is_there_in_its_order() -> None:
    assert list(RULES) == [rule for tier in TIERS.values() for rule in tier.split()]
    assert len(RULES) == 54


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_says_how_it_stands_and_why(rule: str) -> None:
    verdict = RULES[rule]
    assert verdict.keys() == {"status", "comment"}
    assert verdict["status"] in {"done", "exempt", "todo"}
    assert verdict["comment"].strip()


@pytest.mark.parametrize("rule", [rule for rule, verdict in RULES.items() if verdict["status"] == "done"])
def test_what_is_done_is_shown_by_what_is_there(rule: str) -> None:
    shown = list(_SHOWN_BY.finditer(RULES[rule]["comment"]))
    assert shown
    for found in shown:
        file = REPOSITORY / found["file"]
        assert file.is_file(), found["file"]
        if found["test"] is not None:
            assert found["test"] in functions(file), found["test"]


def functions(file: Path) -> set[str]:
    """Return the names of the functions at the top of a file."""
    tree = ast.parse(file.read_text())
    return {node.name for node in tree.body if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)}


def test_somebody_owns_it() -> None:
    manifest: dict[str, Any] = json.loads((INTEGRATION / "manifest.json").read_text())
    assert manifest["codeowners"]
    assert all(owner.startswith("@") for owner in manifest["codeowners"])
    assert "quality_scale" not in manifest  # Home Assistant gives it to its own integrations only


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_chooses_its_parallel_updates(platform: str) -> None:
    tree = ast.parse((INTEGRATION / f"{platform}.py").read_text())
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    assert "PARALLEL_UPDATES" in {target.id for target in targets if isinstance(target, ast.Name)}


def test_coverage_and_types_are_enforced() -> None:
    project = (REPOSITORY / "pyproject.toml").read_text()
    least = re.search(r"^fail_under = (\d+)$", project, re.MULTILINE)
    assert least is not None
    assert int(least[1]) >= 95
    assert re.search(r"^strict = true$", project, re.MULTILINE)
    assert "config_flow.py,*/flows/*' --fail-under=100" in (REPOSITORY / "scripts" / "test").read_text()
    assert ".venv/bin/mypy" in (REPOSITORY / "scripts" / "lint").read_text()
