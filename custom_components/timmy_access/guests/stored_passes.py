"""Passes, their uses and their end, as they lie in the database and in the journal."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time
from typing import Any

from .. import ledger as ledger_module
from .passes import Hours, Pass


def stored(held: Pass) -> ledger_module.Pass:
    """Return a pass as the ledger keeps it."""
    hours = held.hours
    return ledger_module.Pass(
        id=held.pass_id,
        code_hash=held.code_hash,
        name=held.name,
        created_at=held.created_at,
        revoked_at=held.revoked_at,
        document={
            "doors": {serial: sorted(doors) for serial, doors in held.doors.items()},
            "valid_from": _text(held.valid_from),
            "valid_until": _text(held.valid_until),
            "hours": hours
            and {
                "weekdays": sorted(hours.weekdays),
                "begin": hours.begin.isoformat(),
                "end": hours.end.isoformat(),
            },
            "max_uses": held.max_uses,
            "enroll_id": held.enroll_id,
            "calendar": held.calendar,
            "tag": held.tag,
            "pin_hash": held.pin_hash and held.pin_hash.hex(),
        },
    )


def held_of(kept: ledger_module.Pass, uses: int) -> Pass:
    """Return a pass that was kept, with the number of its uses."""
    document = kept.document
    hours = document["hours"]
    pin_hash = document.get("pin_hash")
    return Pass(
        pass_id=kept.id,
        code_hash=kept.code_hash,
        pin_hash=bytes.fromhex(pin_hash) if pin_hash else None,
        name=kept.name or "",
        created_at=kept.created_at,
        revoked_at=kept.revoked_at,
        doors={serial: frozenset(doors) for serial, doors in document["doors"].items()},
        valid_from=_instant(document["valid_from"]),
        valid_until=_instant(document["valid_until"]),
        hours=hours
        and Hours(
            weekdays=frozenset(hours["weekdays"]),
            begin=time.fromisoformat(hours["begin"]),
            end=time.fromisoformat(hours["end"]),
        ),
        max_uses=document["max_uses"],
        uses=uses,
        enroll_id=document.get("enroll_id"),
        calendar=document["calendar"],
        tag=document["tag"],
    )


def without_lost_uses(held: Pass, uses: int) -> Pass:
    """Return a pass for a database that knows of so many of its uses only: it opens no more often than before."""
    left = None if held.max_uses is None else max(0, held.max_uses - max(0, held.uses - uses))
    return replace(held, max_uses=left, uses=uses)


def line_of_use(use: ledger_module.PassUse) -> dict[str, Any]:
    """Return a use as a line of the journal."""
    return {"used": use.pass_id, "serial": use.serial, "door": use.door, "at": use.used_at.isoformat()}


def line_of_revocation(pass_id: str, revoked_at: datetime) -> dict[str, Any]:
    """Return the end of a pass as a line of the journal."""
    return {"revoked": pass_id, "at": revoked_at.isoformat()}


def use_in(line: Mapping[str, Any]) -> ledger_module.PassUse | None:
    """Return the use that a line is about; None for another one."""
    try:
        return ledger_module.PassUse(
            pass_id=line["used"], serial=line["serial"], door=line["door"], used_at=datetime.fromisoformat(line["at"])
        )
    except KeyError, TypeError, ValueError:
        return None


def revocation_in(line: Mapping[str, Any]) -> tuple[str, datetime] | None:
    """Return the pass that a line says is closed, and since when; None for another one."""
    try:
        return str(line["revoked"]), datetime.fromisoformat(line["at"])
    except KeyError, TypeError, ValueError:
        return None


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
