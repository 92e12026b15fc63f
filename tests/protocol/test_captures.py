"""Frames that real terminals sent, and frames of the vendor's documents: all are read without loss."""

from typing import Any

import pytest

from custom_components.timmy_access.protocol.codec import decode, encode
from custom_components.timmy_access.protocol.enums import VerifyMethod
from custom_components.timmy_access.protocol.messages import LogBatch, Registration

from .support import assert_lossless, load, parse

FROM_TERMINAL = [line["frame"] for line in load("captures.jsonl") if line["from"] == "terminal"]


def _label(frame: dict[str, Any]) -> str:
    return str(frame.get("ret") or frame["cmd"])


@pytest.mark.parametrize("frame", FROM_TERMINAL, ids=_label)
def test_captured_frames_are_read_without_loss(frame: dict[str, Any]) -> None:
    heard = decode(encode(frame))
    assert heard == frame
    assert_lossless(parse(heard), frame)


@pytest.mark.parametrize(
    "frame", [frame for frame in FROM_TERMINAL if frame.get("cmd") == "reg"], ids=lambda frame: frame.get("sn", "none")
)
def test_every_captured_registration_tells_its_model_and_size(frame: dict[str, Any]) -> None:
    registration = Registration.parse(frame)
    assert registration.is_valid is ("sn" in frame)
    assert registration.info.model in {"tfs30", "AiFace"}
    assert registration.info.firmware
    assert not any(key in registration.extra for key in ("modelname", "firmware", "usersize"))


def test_real_modes_are_the_methods_people_used() -> None:
    records = [
        record for frame in FROM_TERMINAL if frame.get("cmd") == "sendlog" for record in LogBatch.parse(frame).records
    ]
    assert {record.mode: record.method for record in records if record.mode is not None} == {
        1: VerifyMethod.FINGERPRINT,
        3: VerifyMethod.CARD,
        8: VerifyMethod.FACE,
        15: VerifyMethod.ID_CARD,
    }
