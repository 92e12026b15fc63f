"""What has happened to passes and is not in the database yet."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .stored_passes import revocation_in, use_in


@dataclass(eq=False, slots=True)
class Unwritten:
    """A pass, a use, a revocation or a use given back that the database has not confirmed yet.

    `line` is what the journal takes meanwhile, None for what it need not know; `slot` is where in the journal it is.
    """

    write: Callable[[], Any]
    line: Mapping[str, Any] | None
    done: asyncio.Future[None]
    slot: int | None = None


def waiting_uses(unwritten: Iterable[Unwritten]) -> Counter[str]:
    """Return how many uses of each pass wait to be written: they were counted when they were taken."""
    lines = [one.line for one in unwritten if one.line is not None]
    return Counter(use.pass_id for line in lines if (use := use_in(line)) is not None)


def waiting_revocations(unwritten: Iterable[Unwritten]) -> dict[str, datetime]:
    """Return which passes are closed, and since when, though that waits to be written."""
    lines = [one.line for one in unwritten if one.line is not None]
    return dict(closed for line in lines if (closed := revocation_in(line)) is not None)
