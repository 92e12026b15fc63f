"""What runs on GitHub may do only what it must, and is the code that was looked at."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
import re
import subprocess
from typing import Any

import pytest

from homeassistant.util.yaml import load_yaml_dict, parse_yaml
from scripts.home import REPOSITORY

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yaml"))
# What may be written, by workflow and job, and what for.
MAY_WRITE = {
    ("newest", "tell"): {"issues"},  # the issue about the newest Home Assistant
    ("release", "zip"): {"contents"},  # the file of a release
}
# Their workflows run with our rights on what strangers send.
DANGEROUS = {"pull_request_target", "workflow_run", "issue_comment"}
_PINNED = re.compile(r"uses: +(?P<action>[\w.-]+/[\w./-]+)@[0-9a-f]{40} # \S.*")
_SCRIPT = re.compile(r"(?<![\w.])(?:\.ci|scripts)/[\w.]+")


def workflow(loaded: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a workflow; YAML takes the key `on` for a truth."""
    return {"on" if key is True else str(key): value for key, value in loaded.items()}


def faults(name: str, text: str) -> Iterator[str]:
    """Yield what is wrong with a workflow of that name."""
    loaded = parse_yaml(text)
    assert isinstance(loaded, dict)
    found = workflow(loaded)
    if set(found["on"]) & DANGEROUS:
        yield "runs with rights on what strangers send"
    if "permissions" not in found:
        yield "has all permissions"
    for line in text.splitlines():
        if "uses:" in line and not _PINNED.fullmatch(line.strip().removeprefix("- ")):
            yield f"not pinned: {line.strip()}"
    for key, job in found["jobs"].items():
        rights = job.get("permissions", found.get("permissions", {}))
        if isinstance(rights, str) or written(rights) - MAY_WRITE.get((name, key), set()):
            yield f"{key}: may do what it need not"
        if "timeout-minutes" not in job:
            yield f"{key}: ends when it likes"
        for step in job["steps"]:
            yield from (f"{key}: {fault}" for fault in faults_of(step))


def written(rights: Mapping[str, str]) -> set[str]:
    """Return what rights let write."""
    return {right for right, how in rights.items() if how == "write"}


def faults_of(step: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a step."""
    if not step.keys() & {"run", "uses"}:
        yield "a step that does nothing"
    if "${{" in step.get("run", ""):
        yield "runs what is filled in"
    if step.get("uses", "").startswith("actions/checkout@") and step.get("with", {}).get("persist-credentials", True):
        yield "leaves its credentials in the folder"


def steps() -> list[dict[str, Any]]:
    return [
        step for path in WORKFLOWS for job in workflow(load_yaml_dict(path))["jobs"].values() for step in job["steps"]
    ]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_do_only_what_it_must(path: Path) -> None:
    assert list(faults(path.stem, path.read_text())) == []


def test_one_version_of_an_action_is_used() -> None:
    used = {step["uses"] for step in steps() if "uses" in step}
    assert len(used) == len({action.partition("@")[0] for action in used})


def test_everything_that_judges_the_integration_runs() -> None:
    used = {step["uses"].partition("@")[0] for step in steps() if "uses" in step}
    assert {"hacs/action", "home-assistant/actions/hassfest"} <= used
    runs = [step["run"] for step in steps() if "run" in step]
    assert {".ci/run", "scripts/pin --newest $PRE", "scripts/test --newest"} <= set(runs)
    assert any(run.startswith("python3 scripts/version.py --tag") for run in runs)


def test_scripts_of_workflows_exist() -> None:
    for step in steps():
        for script in _SCRIPT.findall(step.get("run", "")):
            assert (REPOSITORY / script).is_file(), script


GOOD = """\
on: [push]
permissions:
  contents: read
jobs:
  tell:
    timeout-minutes: 5
    permissions:
      issues: write
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with:
          persist-credentials: false
      - run: .ci/tell "$RESULT"
"""


def test_a_good_one() -> None:
    assert list(faults("newest", GOOD)) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("on: [push]", "on: [pull_request_target]", "runs with rights on what strangers send"),
        ("on: [push]", "on:\n  workflow_run:", "runs with rights on what strangers send"),
        ("permissions:\n  contents: read\n", "", "has all permissions"),
        ("issues: write", "contents: write", "tell: may do what it need not"),
        ("permissions:\n      issues: write", "permissions: write-all", "tell: may do what it need not"),
        ("    timeout-minutes: 5\n", "", "tell: ends when it likes"),
        ("persist-credentials: false", "fetch-depth: 0", "tell: leaves its credentials in the folder"),
        ('- run: .ci/tell "$RESULT"', "- name: Nothing", "tell: a step that does nothing"),
        ('"$RESULT"', '"${{ github.event.issue.title }}"', "tell: runs what is filled in"),
        (
            "de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2",
            "v6",
            "not pinned: - uses: actions/checkout@v6",
        ),
        (
            " # v6.0.2",
            "",
            "not pinned: - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd",
        ),
    ],
)
def test_what_is_refused(old: str, new: str, fault: str) -> None:
    assert old in GOOD
    assert list(faults("newest", GOOD.replace(old, new))) == [fault]


type Told = tuple[int, list[str]]
type Tell = Callable[..., Told]


@pytest.fixture
def tell(tmp_path: Path) -> Tell:
    """Return what runs `.ci/tell` where a `gh` knows of one open issue or none, and writes down what it is to do."""
    said = tmp_path / "said"
    gh = tmp_path / "gh"
    gh.write_text(f'#!/bin/sh\nif [ "$1 $2" = "issue list" ]; then echo "$OPEN"; else echo "$*" >>{said}; fi\n')
    gh.chmod(0o755)

    def run(*arguments: str, open_issue: str = "") -> Told:
        said.write_text("")
        done = subprocess.run(  # noqa: S603 - our own script
            [REPOSITORY / ".ci" / "tell", *arguments],
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", "OPEN": open_issue},
            capture_output=True,
            check=False,
        )
        return done.returncode, said.read_text().splitlines()

    return run


RUN = "https://github.com/timmy-access/timmy-access/actions/runs/1"


def test_the_first_failure_opens_an_issue(tell: Tell) -> None:
    code, said = tell("failure", RUN)
    assert code == 0
    assert [line.split()[:2] for line in said] == [["label", "create"], ["issue", "create"]]
    assert said[1].endswith(f"--label newest-home-assistant --body {body()}")


def test_the_next_one_is_told_in_the_same_issue(tell: Tell) -> None:
    assert tell("failure", RUN, open_issue="17") == (0, [f"issue edit 17 --body {body()}"])


def body() -> str:
    return f"Tests fail with the newest Home Assistant. The latest run that failed: {RUN}"


def test_a_success_closes_it(tell: Tell) -> None:
    assert tell("success", RUN, open_issue="17") == (0, [f"issue close 17 --comment Tests pass again: {RUN}"])
    assert tell("success", RUN) == (0, [])


def test_nothing_else_is_told(tell: Tell) -> None:
    assert tell("skipped", RUN, open_issue="17") == (2, [])
