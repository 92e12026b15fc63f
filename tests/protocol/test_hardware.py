"""What is pinned of a terminal's hardware, and what contradicts it."""

import pytest

from custom_components.timmy_access.protocol.hardware import HardwareFacts
from custom_components.timmy_access.protocol.messages import Registration


def told(cpusn: object = None, mac: object = None) -> HardwareFacts:
    return HardwareFacts.of(Registration.parse({"sn": "ZX1", "cpusn": cpusn, "devinfo": {"mac": mac}}))


@pytest.mark.parametrize(
    ("mac", "fact"),
    [
        ("00-01-A9-01-00-06", "0001a9010006"),
        (" 00:01:a9:01:00:06\n", "0001a9010006"),
        ("0001.A901.0006", "0001a9010006"),
        ("00-00-00-00-00-00", None),
        ("", None),
        (None, None),
        ("[click](https://example.com)", "clickhttpsexamplecom"),
        ("Ж" * 40, None),
        ("a" * 100, "a" * 32),
    ],
)
def test_facts_are_small_letters_and_digits(mac: object, fact: str | None) -> None:
    assert told(mac=mac) == HardwareFacts(mac=fact)


def test_what_agrees_contradicts_nothing() -> None:
    pins = HardwareFacts(cpu_serial="df67", mac="0001a9010006")
    assert not pins.contradicted_by(told("DF67", "00-01-A9-01-00-06"))
    assert not HardwareFacts().contradicted_by(told("df67"))
    assert not HardwareFacts(cpu_serial="").contradicted_by(told("df67"))
    assert not HardwareFacts(cpu_serial="").contradicted_by(told())


@pytest.mark.parametrize("other", [told("df68", "0001a9010006"), told("df67"), told(mac="0001a9010006"), told()])
def test_what_differs_or_is_left_out_contradicts(other: HardwareFacts) -> None:
    assert HardwareFacts(cpu_serial="df67", mac="0001a9010006").contradicted_by(other)


def test_only_what_is_unknown_is_completed() -> None:
    assert HardwareFacts(cpu_serial="df67").completed_with(told("df68", "0001")) == HardwareFacts(
        cpu_serial="df67", mac="0001"
    )
    assert HardwareFacts(cpu_serial="").completed_with(told("df68")) == HardwareFacts(cpu_serial="")


def test_accepted_facts_replace_and_what_is_no_longer_told_no_longer_counts() -> None:
    pins = HardwareFacts(mac="0001").replaced_with(told("df68"))
    assert pins == HardwareFacts(cpu_serial="df68", mac="")
    assert not pins.contradicted_by(told("df68"))
    assert not pins.contradicted_by(told("df68", "0002"))
    assert HardwareFacts().replaced_with(told()) == HardwareFacts()
