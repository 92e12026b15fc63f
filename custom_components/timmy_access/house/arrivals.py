"""Somebody who comes into the house."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .persons import HousePerson

# What somebody identifies themselves with, by slot: card numbers and PINs are numbers, templates are texts.
type Contents = int | str
type Secrets = Mapping[int, Contents]


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Somebody who is new or has changed, and what they identify themselves with.

    `before` is how they were when that was thought of, None for somebody new: what others change meanwhile stays.
    """

    person: HousePerson
    before: HousePerson | None = None
    secrets: Secrets = field(default_factory=dict, repr=False)
