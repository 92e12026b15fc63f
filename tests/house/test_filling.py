"""An empty terminal is filled from the vault, also where Home Assistant is killed in the middle."""

from pathlib import Path

import pytest

from benchmarks.filling import SLOTS, filled

# More than what is noted ahead of what is being written, so that something is confirmed before the kill.
PEOPLE = 400


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("browser")
async def test_what_was_confirmed_before_a_kill_is_not_written_again(tmp_path: Path) -> None:
    """Raises unless everybody is there in the end, and Home Assistant knows it."""
    seen = await filled(tmp_path / "home", PEOPLE)
    assert seen.there == frozenset(range(1, PEOPLE + 1))
    assert seen.confirmed
    assert seen.confirmed < seen.there
    assert seen.written_again == frozenset()
    assert seen.taps
    told = [it for it in seen.frames if it["cmd"] == "setuserinfo" and "backupnum" in it]
    written = {(it["enrollid"], it["backupnum"]) for it in told}
    assert written == {(number, slot) for number in seen.there for slot in SLOTS}
