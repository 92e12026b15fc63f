"""What automations get to know of a moment: the same words in events, in event entities and in triggers."""

from collections.abc import Mapping
from typing import Any

from ..terminal.moments import CaughtUp, CodeMoment, EmergencyMoment, EnrolmentMoment, HoldMoment, Punch


def caught_up_facts(moment: CaughtUp) -> Mapping[str, Any]:
    """Return how many records came in, and of which time."""
    return {
        "records": moment.records,
        "since": moment.since.isoformat(),
        "until": moment.until.isoformat(),
    }


def code_facts(moment: CodeMoment) -> Mapping[str, Any]:
    """Return what became of a code, a PIN or a question; never the code itself."""
    return {
        "enroll_id": moment.enroll_id,
        "fingerprint": moment.fingerprint,
        "pass_id": moment.pass_id,
        "pass_name": moment.pass_name,
        "person": moment.person,
        "person_entity_id": moment.person_entity_id,
        "reason": moment.reason,
        "request_id": moment.request_id,
        "source": moment.source.value,
    }


def emergency_facts(moment: EmergencyMoment) -> Mapping[str, Any]:
    """Return who has ordered it, and for which doors that is confirmed."""
    return {
        "asked_by": moment.name,
        "confirmed": list(moment.confirmed),
        "unconfirmed": list(moment.unconfirmed),
        "user_id": moment.by,
    }


def hold_facts(moment: HoldMoment) -> Mapping[str, Any]:
    """Return how a door is held, until when, and who has asked for it."""
    return {"asked_by": moment.name, "mode": moment.mode, "until": moment.until.isoformat(), "user_id": moment.by}


def enrolment_facts(moment: EnrolmentMoment) -> Mapping[str, Any]:
    """Return who is recorded, with which credential, and why that failed."""
    return {
        "credential": moment.credential,
        "enroll_id": moment.enroll_id,
        "person": moment.person,
        "reason": moment.reason,
    }


def punch_facts(punch: Punch) -> Mapping[str, Any]:
    """Return who was at which reader, all but the method, which is the kind of the moment."""
    return {
        "enroll_id": punch.enroll_id,
        "function_key": punch.function_key,
        "mode": punch.mode,
        "person": punch.person,
        "person_entity_id": punch.person_entity_id,
        "reader": punch.reader,
        "temperature": punch.temperature,
    }
