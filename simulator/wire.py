"""Frames to text and back, with the faults of the present firmware."""

import json
from typing import Any

from .faults import Faults

type Frame = dict[str, Any]
"""One JSON message of the protocol."""


def encode(frame: Frame, faults: Faults) -> str | bytes:
    """Return what goes onto the wire for a frame."""
    if faults.no_sn:
        frame = {key: value for key, value in frame.items() if key != "sn"}
    if faults.as_cmd and "ret" in frame:
        frame = {("cmd" if key == "ret" else key): value for key, value in frame.items()}
    if faults.wrong_type:
        frame = {key: mistype(value) for key, value in frame.items()}
    text = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
    if faults.trailing_comma:
        text = with_trailing_commas(text)
    if faults.malformed:
        text = text[: len(text) * 2 // 3]
    return text.encode() if faults.binary else text


def decode(message: str | bytes) -> Frame | None:
    """Return the frame of a message, or nothing for what a terminal would drop without a word."""
    try:
        frame = json.loads(message)
    except ValueError:
        return None
    return frame if isinstance(frame, dict) else None


def mistype(value: object) -> object:
    """Return numbers as strings and booleans as numbers, deeply (field notes 0, fact 8)."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return [mistype(item) for item in value]
    if isinstance(value, dict):
        return {key: mistype(item) for key, item in value.items()}
    return value


def with_trailing_commas(text: str) -> str:
    """Return JSON whose arrays end in `,]`, leaving brackets inside strings alone (field notes 0, fact 8)."""
    out: list[str] = []
    quoted = escaped = False
    for character in text:
        if quoted:
            quoted = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            quoted = True
        elif character == "]" and out[-1] != "[":
            out.append(",")
        out.append(character)
    return "".join(out)
