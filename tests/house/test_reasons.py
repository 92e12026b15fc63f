"""Each reason why somebody is not on a terminal as they should be is told in words."""

import json
from pathlib import Path

import pytest

from custom_components import timmy_access
from custom_components.timmy_access.house.obstacles import WRONG_ALGORITHM
from custom_components.timmy_access.house.plan import Shortfall
from custom_components.timmy_access.house.undone import Undone
from custom_components.timmy_access.house.zones import Unfit
from custom_components.timmy_access.protocol.reasons import Refusal

TEXTS = json.loads((Path(timmy_access.__file__).parent / "translations" / "en.json").read_text(encoding="utf-8"))
REASONS = [WRONG_ALGORITHM, *Refusal, *Shortfall, *Unfit, *(it for it in Undone if it is not Undone.REFUSED)]


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_has_words(reason: str) -> None:
    assert TEXTS["exceptions"][f"refused_{reason}"]["message"]
