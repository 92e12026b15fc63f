"""Passes for guests and their uses."""

import asyncio
from copy import replace
from datetime import timedelta
import hashlib
from typing import Any

import pytest

from custom_components.timmy_access.ledger import Ledger, LedgerInvalid, Pass, PassUse, Problem

from .support import NOON, NOW, SERIAL

CODE_HASH = hashlib.sha256(b"code").digest()
PASS = Pass(
    id="3f2a",
    code_hash=CODE_HASH,
    name="Plumber",
    document={"doors": [[SERIAL, 1]], "until": "2026-12-01", "uses": 3, "note": "Ödön \0"},
    created_at=NOW,
)
USE = PassUse(pass_id="3f2a", serial=SERIAL, door=1, used_at=NOW)  # noqa: S106 - an id


async def test_pass_comes_back_as_it_was(ledger: Ledger) -> None:
    assert await ledger.passes() == ()
    second = replace(PASS, id="0001", code_hash=bytes(range(64)), name=None, created_at=NOW + timedelta(seconds=1))
    await ledger.keep_pass(second)
    await ledger.keep_pass(PASS)
    assert await ledger.passes() == (PASS, second)


async def test_pass_changes(ledger: Ledger) -> None:
    await ledger.keep_pass(PASS)
    revoked = replace(PASS, name="Painter", document={}, revoked_at=NOW, code_hash=bytes(16))
    await ledger.keep_pass(revoked)
    assert await ledger.passes() == (revoked,)


async def test_one_code_opens_for_one_pass(ledger: Ledger) -> None:
    await ledger.keep_pass(PASS)
    with pytest.raises(LedgerInvalid) as caught:
        await ledger.keep_pass(replace(PASS, id="other"))
    assert (caught.value.field, caught.value.problem) == ("code_hash", Problem.TAKEN)
    assert await ledger.passes() == (PASS,)
    assert ledger.health.available


async def test_uses_are_kept_once(ledger: Ledger) -> None:
    await ledger.keep_pass(PASS)
    later = replace(USE, door=None, used_at=NOW + timedelta(seconds=1))
    assert await ledger.keep_pass_use(later) is True
    assert await asyncio.gather(*(ledger.keep_pass_use(USE) for _ in range(3))) == [True, False, False]
    assert await ledger.pass_uses(PASS.id) == (USE, later)
    assert await ledger.pass_uses("other") == ()
    assert await ledger.pass_use_counts() == {PASS.id: 2}


async def test_unknown_pass_cannot_be_used(ledger: Ledger) -> None:
    with pytest.raises(LedgerInvalid) as caught:
        await ledger.keep_pass_use(USE)
    assert (caught.value.field, caught.value.problem) == ("pass_id", Problem.NOT_KNOWN)
    assert ledger.health.available


async def test_retention_leaves_uses(ledger: Ledger) -> None:
    """A pass for one use would open again."""
    await ledger.keep_pass(PASS)
    await ledger.keep_pass_use(USE)
    await ledger.purge([SERIAL], NOW + timedelta(days=1))
    assert await ledger.pass_uses(PASS.id) == (USE,)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("id", "", Problem.NOT_A_TEXT),
        ("id", "x ", Problem.NOT_A_TEXT),
        ("code_hash", bytes(15), Problem.OUT_OF_RANGE),
        ("code_hash", bytes(65), Problem.OUT_OF_RANGE),
        ("code_hash", "0123456789abcdef", Problem.OUT_OF_RANGE),
        ("name", 7, Problem.NOT_A_TEXT),
        ("document", {"a": object()}, Problem.NOT_A_TEXT),
        ("document", {"a": float("nan")}, Problem.NOT_A_TEXT),
        ("document", {"a": "x" * 16_000}, Problem.TOO_LONG),
        ("created_at", NOON, Problem.NOT_A_DATE),
        ("revoked_at", NOON, Problem.NOT_A_DATE),
    ],
)
async def test_bad_pass_is_refused(file_ledger: Ledger, field: str, value: Any, problem: Problem) -> None:
    with pytest.raises(LedgerInvalid) as caught:
        await file_ledger.keep_pass(replace(PASS, **{field: value}))
    assert (caught.value.field, caught.value.problem) == (field, problem)
    assert await file_ledger.passes() == ()


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("pass_id", "", Problem.NOT_A_TEXT),
        ("serial", "", Problem.NOT_A_TEXT),
        ("door", 1.5, Problem.NOT_A_NUMBER),
        ("used_at", NOON, Problem.NOT_A_DATE),
    ],
)
async def test_bad_use_is_refused(file_ledger: Ledger, field: str, value: Any, problem: Problem) -> None:
    with pytest.raises(LedgerInvalid) as caught:
        await file_ledger.keep_pass_use(replace(USE, **{field: value}))
    assert (caught.value.field, caught.value.problem) == (field, problem)


def test_secrets_are_not_shown() -> None:
    shown = repr(PASS)
    assert CODE_HASH.hex() not in shown
    assert repr(CODE_HASH) not in shown
    assert "code_hash" not in shown
    assert "Ödön" not in shown
