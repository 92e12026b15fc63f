"""The fields of triggers and conditions: lists of values, any of which will do."""

from collections.abc import Iterable, Mapping
from typing import Any

import voluptuous as vol

from homeassistant.helpers import config_validation as cv

from ..const import PERSON_DOMAIN
from ..fields import Fields, whole
from ..ledger import likeness

texts = vol.All(cv.ensure_list, [cv.string])
wholes = vol.All(cv.ensure_list, [whole])


# Who it is about.
WHO: Fields = {
    vol.Optional("enroll_id"): wholes,
    vol.Optional("group"): texts,
    vol.Optional("person"): texts,
    vol.Optional("person_entity_id"): cv.entities_domain(PERSON_DOMAIN),
}


def words(choices: Iterable[str]) -> Any:
    """Return a validator for a list of some of the words."""
    return vol.All(cv.ensure_list, [vol.In(list(choices))])


def matches(facts: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    """Return whether each fact that an option is about is one of its values; an empty list asks for nothing.

    Of a fact that is several values, one has to be. Texts are compared as people write them: names do not differ by
    capitals, or by the width of letters and spaces.
    """
    return all(not wanted or _fits(facts[key], wanted) for key, wanted in options.items())


def _fits(fact: Any, wanted: Iterable[Any]) -> bool:
    values = fact if isinstance(fact, tuple) else (fact,)
    return not {*map(folded, values)}.isdisjoint(map(folded, wanted))


def folded(value: Any) -> Any:
    """Return what a value is compared by."""
    return likeness(value) if isinstance(value, str) else value
