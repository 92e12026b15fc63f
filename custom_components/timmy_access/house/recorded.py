"""What somebody has been recorded by at a terminal becomes theirs in the house."""

from dataclasses import replace

from .changes import person_of, with_credentials, with_placement
from .credentials import HouseCredential
from .errors import HouseInvalid, Problem
from .household import Household


def with_recorded(household: Household, credential: HouseCredential, serial: str) -> Household:
    """Return a house in which somebody has a credential that a terminal has already, in place of one in its slot.

    Other terminals get it from there. Raises `HouseInvalid` where the person has left meanwhile, or left that terminal.
    """
    person = person_of(household, credential.person_id)
    placement = household.placements.get((serial, person.enroll_id))
    if placement is None or placement.confirmed is None or placement.person_id != person.person_id:
        raise HouseInvalid("person", Problem.NOT_KNOWN, {"value": person.name})
    held = replace(credential, terminals=credential.terminals | {serial})
    credentials = {**placement.confirmed.credentials, held.slot: held.revision}
    confirmed = replace(placement.confirmed, credentials=credentials)
    return with_placement(with_credentials(household, (held,)), replace(placement, confirmed=confirmed))
