"""The dialogs of one terminal: add it by hand, or change it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import ATTR_AREA_ID, CONF_NAME, UnitOfTime
from homeassistant.helpers.selector import (
    AreaSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..const import (
    CONF_DECISION_WINDOW,
    CONF_DOORS,
    CONF_ENTRY_READER,
    CONF_GRANTED_TEXT,
    CONF_HOLD_OPEN,
    CONF_KEEP_IN_STEP,
    CONF_NETWORK,
    CONF_REFUSED_TEXT,
    CONF_SERIAL,
    CONF_SERVER_APPROVAL,
    CONF_UNLOCK_CODE,
    MAX_DOORS,
)
from ..guests.screens import ScreenText, async_screen_text
from ..guests.unlock_code import hashed, is_code
from ..guests.verdicts import DECISION_WINDOW, MAX_DECISION_WINDOW, Approval
from ..house.errors import HouseUnknown
from ..hub.address import allowed_networks, async_entry_address
from ..hub.approval import async_name_error, async_why_not_instead, may_be_kept, subentry_data
from ..hub.hub import TimmyAccessConfigEntry
from ..hub.identity import async_is_approved
from ..hub.pending import PendingTerminal
from ..issues import NOTHING, as_placeholders
from ..ledger import LedgerUnavailable
from ..people.occupancy import EntryReader
from ..protocol.answers import MAX_SCREEN_CHARACTERS
from ..protocol.messages import Registration
from ..protocol.networks import parse_network, shown_network
from ..protocol.peer import is_printable
from .doors import async_assumed, async_door_errors, door_fields, door_names, suggested_for
from .switch import Switch

_LIST = SelectSelectorMode.LIST
_DOORS = vol.All(
    NumberSelector(NumberSelectorConfig(min=1, max=MAX_DOORS, mode=NumberSelectorMode.BOX)),
    vol.Coerce(int),
)
# What holds while somebody waits at a terminal. Texts may be empty.
DECISION_FIELDS: dict[vol.Marker, Any] = {
    vol.Required(CONF_SERVER_APPROVAL, default=Approval.OFF.value): SelectSelector(
        SelectSelectorConfig(options=[approval.value for approval in Approval], translation_key=CONF_SERVER_APPROVAL)
    ),
    vol.Required(CONF_DECISION_WINDOW, default=DECISION_WINDOW): NumberSelector(
        NumberSelectorConfig(
            min=0,
            max=MAX_DECISION_WINDOW,
            step=0.1,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=UnitOfTime.SECONDS,
        )
    ),
    vol.Optional(CONF_GRANTED_TEXT): TextSelector(),
    vol.Optional(CONF_REFUSED_TEXT): TextSelector(),
}

CONF_NEW_CODE = "new_code"
CONF_REMOVE_CODE = "remove_code"
_REMOVE_CODE: dict[vol.Marker, Any] = {vol.Optional(CONF_REMOVE_CODE, default=False): Switch()}


def terminal_fields(*, area: bool, keep: bool = False) -> dict[vol.Marker, Any]:
    """Return what is asked about a terminal when it is added, with its area, and later.

    With `keep` it is asked whether it is kept in step from the first.
    """
    fields: dict[vol.Marker, Any] = {
        vol.Required(CONF_NAME): TextSelector(),
        vol.Required(CONF_DOORS, default=1): _DOORS,
    }
    if area:
        fields[vol.Optional(ATTR_AREA_ID)] = AreaSelector()
    if keep:
        fields[vol.Required(CONF_KEEP_IN_STEP, default=True)] = Switch()
    return fields


def offers_of(waiting: Iterable[PendingTerminal]) -> dict[str, PendingTerminal]:
    """Return who waits by what stands for them: the serial number, or all of it where several claim the same."""
    waiting = tuple(waiting)
    claims = Counter(terminal.serial for terminal in waiting)
    return {
        terminal.serial if claims[terminal.serial] == 1 else f"{_label(terminal)} {number}": terminal
        for number, terminal in enumerate(waiting, 1)
    }


def waiting_selector(offered: Mapping[str, PendingTerminal]) -> SelectSelector:
    """Return a choice of those who wait."""
    options = [SelectOptionDict(value=value, label=_label(it)) for value, it in offered.items()]
    return SelectSelector(SelectSelectorConfig(options=options, mode=_LIST))


def _label(terminal: PendingTerminal) -> str:
    """Return what is shown of a waiting terminal: all that it is known by from its approval on."""
    told = (terminal.model, terminal.address, terminal.facts.cpu_serial, terminal.facts.mac)
    return f"{terminal.serial} ({', '.join(filter(None, told))})"


def _screen_error(text: str) -> str | None:
    """Return why a screen does not show a text, as an error of the form."""
    if len(text) > MAX_SCREEN_CHARACTERS:
        return "text_too_long"
    return None if is_printable(text) else "invalid_text"


class TerminalSubentryFlow(ConfigSubentryFlow):
    """Add a terminal by hand, or change one."""

    # Who was offered, by what stands for them in the list: that one is approved, whoever has come since.
    _offered: Mapping[str, PendingTerminal] = {}
    # Who was shown as the new and as the old one.
    _chosen: PendingTerminal
    _replaced: str
    # The terminal that is being added, what was said of it, and who it is of those that wait.
    _new: tuple[str, Mapping[str, Any], PendingTerminal | None]

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Choose one of the waiting terminals, or type a serial number ahead of its first visit."""
        entry: TimmyAccessConfigEntry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="entry_not_loaded")
        pending = entry.runtime_data.pending
        errors: dict[str, str] = {}
        if user_input is not None:
            chosen = self._offered.get(user_input[CONF_SERIAL])
            registration = Registration.parse({"sn": chosen.serial if chosen else user_input[CONF_SERIAL]})
            serial = registration.serial
            if serial is None or not registration.is_valid:
                errors[CONF_SERIAL] = "invalid_serial"
            elif async_is_approved(self.hass, serial):
                errors[CONF_SERIAL] = "already_configured"
            elif chosen is None and any(terminal.serial == serial for terminal in pending.async_waiting()):
                errors[CONF_SERIAL] = "waits_already"
            elif error := async_name_error(self.hass, user_input[CONF_NAME]):
                errors[CONF_NAME] = error
            else:
                self._new = (serial, user_input, chosen)
                return await self.async_step_doors()
        self._offered = offers_of(pending.async_waiting())
        serials = SelectSelector(
            SelectSelectorConfig(
                custom_value=True,
                mode=SelectSelectorMode.DROPDOWN,
                options=[
                    SelectOptionDict(value=value, label=_label(terminal)) for value, terminal in self._offered.items()
                ],
            )
        )
        suggested: dict[str, Any] = {}
        keep = any(may_be_kept(entry.runtime_data, it) for it in self._offered.values())
        if self._offered:
            value, latest = next(iter(self._offered.items()))
            suggested = {CONF_SERIAL: value, **suggested_for(latest)}
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema({vol.Required(CONF_SERIAL): serials, **terminal_fields(area=True, keep=keep)}),
                user_input or suggested,
            ),
            description_placeholders={
                **await async_entry_address(self.hass, entry),
                "assumed": await async_assumed(self.hass, next(iter(self._offered.values()), None)),
                "waiting": str(len(self._offered)),
            },
            errors=errors,
        )

    async def async_step_doors(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what each of several doors is called, and add the terminal; an only door is called like that."""
        serial, answers, chosen = self._new
        doors = answers[CONF_DOORS]
        names = [] if user_input is None or doors == 1 else door_names(user_input, doors)
        if (user_input is None and doors > 1) or (errors := async_door_errors(self.hass, answers[CONF_NAME], names)):
            return self.async_show_form(
                step_id="doors",
                data_schema=self.add_suggested_values_to_schema(door_fields(doors), user_input or {}),
                description_placeholders=as_placeholders({CONF_NAME: answers[CONF_NAME]}),
                errors=errors if user_input is not None else None,
            )
        return self.async_create_entry(
            title=answers[CONF_NAME].strip(),
            data=subentry_data(serial, answers, chosen, names),
            unique_id=serial,
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:  # noqa: ARG002
        """Ask what is to become of the terminal: other settings, or another terminal in its place."""
        return self.async_show_menu(step_id="reconfigure", menu_options=["settings", "replace"])

    async def async_step_replace(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Choose which of the waiting terminals takes the place of this one."""
        entry: TimmyAccessConfigEntry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="entry_not_loaded")
        if user_input is not None and (chosen := self._offered.get(user_input[CONF_SERIAL])) is not None:
            self._chosen, self._replaced = chosen, self._get_reconfigure_subentry().data[CONF_SERIAL]
            return await self.async_step_replace_confirm()
        self._offered = offers_of(entry.runtime_data.pending.async_waiting())
        address = await async_entry_address(self.hass, entry)
        if not self._offered:
            return self.async_abort(reason="nobody_waits", description_placeholders=address)
        subentry = self._get_reconfigure_subentry()
        return self.async_show_form(
            step_id="replace",
            data_schema=vol.Schema({vol.Required(CONF_SERIAL): waiting_selector(self._offered)}),
            description_placeholders={**as_placeholders({CONF_NAME: subentry.title}), **address},
        )

    async def async_step_replace_confirm(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Replace the terminal by the chosen one, once somebody has seen what is known of both."""
        entry: TimmyAccessConfigEntry = self._get_entry()
        subentry, chosen = self._get_reconfigure_subentry(), self._chosen
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="entry_not_loaded")
        has, probably = subentry.data[CONF_DOORS], suggested_for(chosen)[CONF_DOORS]
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                if not (errors := self._replacing_errors(chosen)):
                    hub = entry.runtime_data
                    is_done = await hub.async_replace(hub.terminals[self._replaced], chosen, user_input[CONF_DOORS])
                    return self.async_abort(
                        reason="terminal_replaced" if is_done else "terminal_replaced_later",
                        description_placeholders=as_placeholders({CONF_NAME: subentry.title}),
                    )
            except HouseUnknown, LedgerUnavailable:
                errors["base"] = "database_away"
        return self.async_show_form(
            step_id="replace_confirm",
            # A terminal that is told to open a door that it has not may open the one that it has.
            data_schema=vol.Schema({vol.Required(CONF_DOORS, default=min(has, probably)): _DOORS}),
            description_placeholders=as_placeholders(
                {
                    CONF_NAME: subentry.title,
                    "old": self._replaced,
                    "old_address": self._present_address(self._replaced),
                    "new": chosen.serial,
                    "model": chosen.model,
                    "address": chosen.address,
                    "cpu_serial": chosen.facts.cpu_serial or NOTHING,
                    "mac": chosen.facts.mac or NOTHING,
                    "people": NOTHING if chosen.people is None else str(chosen.people),
                    "network": subentry.data.get(CONF_NETWORK) or NOTHING,
                }
            ),
            errors=errors,
        )

    def _replacing_errors(self, chosen: PendingTerminal) -> dict[str, str]:
        """Return why a terminal that waited cannot take the place of this one, as errors of the form."""
        entry: TimmyAccessConfigEntry = self._get_entry()
        subentry = self._get_reconfigure_subentry()
        why_not = async_why_not_instead(self.hass, entry.runtime_data, subentry, self._replaced, chosen)
        return {} if why_not is None else {"base": why_not.value}

    async def async_step_settings(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change the name, the doors, the code and what holds for somebody who waits; the connection stays."""
        subentry = self._get_reconfigure_subentry()
        errors: dict[str, str] = {}
        if user_input is not None:
            if user_input[CONF_HOLD_OPEN] and user_input[CONF_DOORS] > 1:
                errors[CONF_HOLD_OPEN] = "hold_open_needs_one_door"
            for text in (CONF_GRANTED_TEXT, CONF_REFUSED_TEXT):
                if error := _screen_error(user_input.get(text, "")):
                    errors[text] = error
            if error := async_name_error(self.hass, user_input[CONF_NAME], subentry.unique_id):
                errors[CONF_NAME] = error
            network = user_input.get(CONF_NETWORK, "").strip()
            errors |= self._network_errors(network, subentry.data.get(CONF_NETWORK, ""))
            code, remove = user_input.pop(CONF_NEW_CODE, ""), user_input.pop(CONF_REMOVE_CODE, False)
            if code and not is_code(code):
                errors[CONF_NEW_CODE] = "invalid_code"
            if code and remove:
                errors[CONF_REMOVE_CODE] = "new_and_removed"
            if not errors:
                if code or remove:
                    user_input[CONF_UNLOCK_CODE] = (
                        await self.hass.async_add_executor_job(hashed, code) if code else None
                    )
                network = network and shown_network(parse_network(network))
                settings = {CONF_GRANTED_TEXT: "", CONF_REFUSED_TEXT: "", **user_input, CONF_NETWORK: network}
                return self.async_update_and_abort(
                    self._get_entry(),
                    subentry,
                    title=settings.pop(CONF_NAME).strip(),
                    data_updates=settings,
                )
        return self.async_show_form(
            step_id="settings",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(
                    {
                        **terminal_fields(area=False),
                        vol.Required(CONF_HOLD_OPEN, default=False): Switch(),
                        **DECISION_FIELDS,
                        vol.Required(CONF_ENTRY_READER, default=EntryReader.NONE.value): SelectSelector(
                            SelectSelectorConfig(
                                options=[reader.value for reader in EntryReader], translation_key=CONF_ENTRY_READER
                            )
                        ),
                        vol.Optional(CONF_NETWORK): TextSelector(),
                        # Never shown again: empty leaves the code as it is.
                        vol.Optional(CONF_NEW_CODE): TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD)),
                        **(_REMOVE_CODE if subentry.data.get(CONF_UNLOCK_CODE) else {}),
                    }
                ),
                user_input
                or {
                    CONF_GRANTED_TEXT: async_screen_text(self.hass, ScreenText.GRANTED),
                    CONF_REFUSED_TEXT: async_screen_text(self.hass, ScreenText.REFUSED),
                    **subentry.data,
                    CONF_NAME: subentry.title,
                },
            ),
            description_placeholders=as_placeholders(
                {
                    CONF_SERIAL: subentry.data[CONF_SERIAL],
                    "address": self._present_address(subentry.data[CONF_SERIAL]),
                    "limit": str(MAX_SCREEN_CHARACTERS),
                    "placeholder": "{name}",
                }
            ),
            errors=errors,
        )

    def _network_errors(self, text: str, present: str) -> dict[str, str]:
        """Return why a terminal cannot dial in from a network, as errors of the form; nothing when it can.

        The present one keeps nobody from changing something else.
        """
        if text in ("", present):
            return {}
        try:
            network = parse_network(text)
        except ValueError:
            return {CONF_NETWORK: "invalid_network"}
        if allowed_networks(self._get_entry().options).overlaps(network):
            return {}
        return {CONF_NETWORK: "network_not_allowed"}

    def _present_address(self, serial: str) -> str:
        entry: TimmyAccessConfigEntry = self._get_entry()
        terminal = entry.runtime_data.terminals.get(serial) if entry.state is ConfigEntryState.LOADED else None
        session = terminal.session if terminal is not None else None
        return NOTHING if session is None else session.peer.address
