"""Teaching Home Assistant's own agent the sentences, by its sentence triggers, as long as it runs.

Triggers are what Home Assistant offers beside files of the owner's. They win over everything else that is understood,
so that a sentence is there only with the very names of exposed doors and of people: whatever else is said goes where it
went before.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_listen_entity_updates
from homeassistant.const import CONF_COMMAND, CONF_PLATFORM
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.script import ScriptRunResult
from homeassistant.helpers.trigger import async_initialize_triggers, async_validate_trigger_config
from homeassistant.setup import async_when_setup
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, LOGGER
from ..house.persons import HousePerson
from ..hub.hub import Hub, TimmyAccessConfigEntry
from .exposed import async_doors, async_persons, async_telling
from .opening import async_open
from .people import async_is_here, async_known, async_who_came_in, async_who_is_inside
from .sentences import Ask, Phrasebook, load_phrasebook
from .speech import Speech

# The agent of Home Assistant, which is also what entities are exposed to.
ASSIST = "conversation"

# What answers each thing that is said; all ways to open are one sentence trigger, so that a door is opened once.
_ANSWERS: Mapping[tuple[Ask, ...], Callable[[Speech, str], Awaitable[str]]] = {
    (Ask.OPEN, Ask.UNLOCK, Ask.OPEN_WITH_CODE): async_open,
    (Ask.WHO_CAME_IN,): async_who_came_in,
    (Ask.IS_HERE, Ask.IS_HOME): async_is_here,
    (Ask.WHO_IS_INSIDE, Ask.WHO_IS_HOME): async_who_is_inside,
}


class Listening:
    """The sentences that Assist knows at present."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know none until the agent is there."""
        self._hass = hass
        self._phrasebook: Phrasebook | None = None
        self._known: dict[tuple[Ask, ...], tuple[list[str], CALLBACK_TYPE]] = {}
        self._is_due = self._is_busy = False

    async def async_start(self, hass: HomeAssistant, component: str) -> None:  # noqa: ARG002 - given
        """Begin, now that the agent runs; all that may change a name or what is exposed is followed."""
        self._phrasebook = await hass.async_add_executor_job(load_phrasebook)
        async_listen_entity_updates(hass, ASSIST, self.async_soon)
        for event in (er.EVENT_ENTITY_REGISTRY_UPDATED, dr.EVENT_DEVICE_REGISTRY_UPDATED):
            hass.bus.async_listen(event, self._async_on_event)
        self.async_soon()

    @callback
    def async_follow(self, entry: TimmyAccessConfigEntry, hub: Hub) -> CALLBACK_TYPE:
        """Follow the names of a listener's doors and people until the returned function is called."""
        known: Mapping[str, HousePerson] | None = None
        heard: tuple[frozenset[str | None], frozenset[str]] | None = None

        @callback
        def _async_people(_: object = None) -> None:
            """Look again where people have other names; a punch, or what is written to a terminal, changes none."""
            nonlocal known, heard
            people = hub.house.keeper.household.people
            present = frozenset(passing.name for passing in hub.roll_call.inside.values()), hub.roll_call.counted
            if people is not known or present != heard:
                known, heard = people, present
                self.async_soon()

        ends = (
            entry.async_on_state_change(self.async_soon),  # it is not loaded yet
            hub.async_subscribe_terminals(lambda _: self.async_soon(), later=True),
            hub.house.keeper.async_subscribe(_async_people),
            hub.roll_call.async_subscribe(_async_people),
        )

        @callback
        def _async_end() -> None:
            for end in ends:
                end()
            self.async_soon()

        return _async_end

    @callback
    def _async_on_event(self, _: Event[Any]) -> None:
        self.async_soon()

    @callback
    def async_soon(self) -> None:
        """Look again what is to be understood; many changes at a time are looked at together."""
        self._is_due = True
        if self._phrasebook is not None and not self._is_busy:
            self._is_busy = True
            look = self._async_look(self._phrasebook)
            # Not at once: of hundreds of terminals, each change would have all doors looked at.
            self._hass.async_create_task(look, f"{DOMAIN} sentences", eager_start=False)

    async def _async_look(self, phrasebook: Phrasebook) -> None:
        try:
            while self._is_due:
                self._is_due = False
                for asks, wanted in self._wanted(phrasebook).items():
                    await self._async_teach(phrasebook, asks, wanted)
        finally:
            self._is_busy = False

    def _wanted(self, phrasebook: Phrasebook) -> dict[tuple[Ask, ...], list[str]]:
        """Return the sentences as they should be; people may be asked for where anything is exposed.

        Who is at home is Home Assistant's own question, of its persons: it is ours where none of them may be told of.
        """
        doors = tuple(async_doors(self._hass, ASSIST))
        persons = async_persons(self._hass, ASSIST)
        opened = [name for door in doors for name in door.names]
        people = list(async_known(self._hass, ASSIST).meant)
        if not doors and not async_telling(self._hass, ASSIST):
            return {asks: [] for asks in _ANSWERS}
        names = {
            Ask.OPEN: opened,
            Ask.OPEN_WITH_CODE: opened,
            Ask.UNLOCK: [name for door in doors if door.asks_code for name in door.names],
            Ask.IS_HERE: people,
            Ask.IS_HOME: [person for person in people if person not in persons],
        }
        unasked = {Ask.WHO_IS_HOME} if persons else set()
        return {
            asks: [text for ask in asks if ask not in unasked for text in phrasebook.sentences(ask, names.get(ask, ()))]
            for asks in _ANSWERS
        }

    async def _async_teach(self, phrasebook: Phrasebook, asks: tuple[Ask, ...], wanted: list[str]) -> None:
        before = self._known.get(asks)
        if wanted == (before[0] if before else []):
            return
        if before is not None:
            del self._known[asks]
            before[1]()
        if not wanted:
            return
        config = await async_validate_trigger_config(self._hass, [{CONF_PLATFORM: ASSIST, CONF_COMMAND: wanted}])
        end = await async_initialize_triggers(
            self._hass,
            config,
            partial(self._async_said, phrasebook, _ANSWERS[asks]),
            DOMAIN,
            f"{DOMAIN} {asks[0]}",
            LOGGER.log,
        )
        if end is not None:
            self._known[asks] = (wanted, end)

    async def _async_said(
        self,
        phrasebook: Phrasebook,
        answer: Callable[[Speech, str], Awaitable[str]],
        variables: Mapping[str, Any],
        context: Any = None,  # noqa: ARG002 - the one of the sentence is in the variables
    ) -> ScriptRunResult:
        """Answer what was said, in place of an automation."""
        speech = Speech.of(self._hass, phrasebook, variables["trigger"])
        said = await answer(speech, ASSIST)
        return ScriptRunResult(conversation_response=said, service_response=None, variables={})


_LISTENING: HassKey[Listening] = HassKey(f"{DOMAIN}_listening")


@callback
def async_setup_voice(hass: HomeAssistant) -> None:
    """Teach Assist the sentences once it is there."""
    listening = hass.data[_LISTENING] = Listening(hass)
    async_when_setup(hass, ASSIST, listening.async_start)


@callback
def async_follow_voice(hass: HomeAssistant, entry: TimmyAccessConfigEntry, hub: Hub) -> CALLBACK_TYPE:
    """Understand the names of a listener that runs, until the returned function is called."""
    return hass.data[_LISTENING].async_follow(entry, hub)
