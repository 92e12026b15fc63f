"""Which family a terminal's firmware belongs to, where that matters."""

from ..protocol.messages import DeviceInfo

# How the names of face firmware and of its models begin: AiFace, AiF43V_v4.50, ai518_f40v_v2.17 (field notes 2).
_AI_NAMES = ("ai",)


def is_ai(info: DeviceInfo) -> bool:
    """Return whether a terminal has AI firmware, which knows more than that of fingerprint terminals."""
    return any((name or "").strip().lower().startswith(_AI_NAMES) for name in (info.firmware, info.model))
