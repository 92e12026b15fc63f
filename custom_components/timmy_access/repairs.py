"""The fix flows of repair issues."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, override

import voluptuous as vol

from homeassistant.components.repairs import ConfirmRepairFlow, FlowType, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState
from homeassistant.const import CONF_MAC
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir

from .const import CONF_CPU_SERIAL, DOMAIN
from .errors import translated_errors
from .house.refusals import translated_refusals
from .hub.after_reset import AfterReset, async_after_reset
from .hub.begun_anew import Loss, async_fetch_all
from .hub.claims import Claim
from .hub.house_issues import WAS_RESET
from .hub.hub import TimmyAccessConfigEntry
from .hub.identity import Doubt
from .hub.listening import LISTENING_KINDS
from .hub.terminal import Terminal
from .issues import DATA_ENTRY_ID, DATA_KIND, DATA_SERIAL, as_placeholders
from .people.person_links import DATA_ENROLL_ID, RENAMED
from .protocol.hardware import HardwareFacts
from .terminal.settings import DEVICE, SERVER_APPROVAL_KEY

type IssueData = Mapping[str, Any]

# What may keep a terminal from doing what it is asked, with a text of its own; everything else is "failed".
_ERRORS = frozenset({"ledger_unavailable", "logs_incomplete", "terminal_offline"})


async def async_create_fix_flow(
    hass: HomeAssistant,  # noqa: ARG001 - given by Home Assistant
    issue_id: str,  # noqa: ARG001 - given by Home Assistant
    data: dict[str, str | int | float | None] | None,
) -> RepairsFlow:
    """Return the dialog that fixes an issue."""
    make = FLOWS.get(str((data or {}).get(DATA_KIND)))
    return ConfirmRepairFlow() if make is None or data is None else make(data)


class _Flow(RepairsFlow):
    """A dialog about one issue; it works on what the issue said when it was opened."""

    def __init__(self, issue: IssueData) -> None:
        """Remember what it is about."""
        self._issue = issue
        self._shown: dict[str, str] | None = None

    @property
    def _entry(self) -> TimmyAccessConfigEntry | None:
        entry: TimmyAccessConfigEntry | None = self.hass.config_entries.async_get_entry(self._issue[DATA_ENTRY_ID])
        return entry

    @property
    def _terminal(self) -> Terminal | None:
        """The terminal, while it is approved and its listener runs."""
        entry = self._entry
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return None
        return entry.runtime_data.terminals.get(self._issue[DATA_SERIAL])

    @property
    def _present(self) -> ir.IssueEntry | None:
        """The issue, while it is there: what has been answered, or has ended by itself, is not answered again."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        return issue if issue is not None and issue.active else None

    @property
    def _placeholders(self) -> dict[str, str] | None:
        """What is shown: the same as long as the dialog is open, though the issue may say something else by then."""
        if self._shown is None and (issue := self._present) is not None:
            self._shown = issue.translation_placeholders
        return self._shown

    def _why_not(self) -> str | None:
        """Return why there is nothing to answer any more, as a reason to end the dialog."""
        if self._terminal is None:
            return "not_running"
        return None if self._present is not None else "not_asked"


class ClaimFlow(_Flow):
    """Asks whether the peer that was held off is the real terminal."""

    def __init__(self, issue: IssueData) -> None:
        """Remember who it is about: what the issue says may change meanwhile."""
        super().__init__(issue)
        self._claim = Claim(
            doubt=Doubt(issue[DATA_KIND]),
            serial=issue[DATA_SERIAL],
            address=issue["address"],
            facts=HardwareFacts(cpu_serial=issue.get(CONF_CPU_SERIAL), mac=issue.get(CONF_MAC)),
        )

    async def async_step_init(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Ask."""
        return self.async_show_menu(
            step_id="init", menu_options=["accept", "keep"], description_placeholders=self._placeholders
        )

    async def async_step_accept(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Let the peer in from now on."""
        if (why_not := self._why_not()) is not None or (entry := self._entry) is None:
            return self.async_abort(reason=why_not or "not_running")
        entry.runtime_data.gate.async_believe(self._claim)
        return self.async_create_entry(data={})

    async def async_step_keep(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Keep the peer out, and ask no more about it."""
        if (why_not := self._why_not()) is not None or (entry := self._entry) is None:
            return self.async_abort(reason=why_not or "not_running")
        entry.runtime_data.gate.async_disbelieve(self._claim)
        return self.async_create_entry(data={})


class CommandFlow(_Flow):
    """Asks a terminal for something, after a confirmation."""

    def __init__(self, issue: IssueData, command: Callable[[Terminal], Awaitable[None]]) -> None:
        """Confirm `command`."""
        super().__init__(issue)
        self._command = command

    async def async_step_init(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Ask."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Send the command; what goes wrong is said, and it can be tried again."""
        errors: dict[str, str] = {}
        if user_input is not None:
            # What it was about may be something else by now: an alarm that is cancelled late is another one.
            if (why_not := self._why_not()) is not None or (terminal := self._terminal) is None:
                return self.async_abort(reason=why_not or "not_running")
            try:
                with translated_errors(terminal.name):
                    await self._command(terminal)
            except HomeAssistantError as err:
                key = err.translation_key
                errors["base"] = key if key in _ERRORS else "failed"
            else:
                return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="confirm",
            data_schema=vol.Schema({}),
            description_placeholders=self._placeholders,
            errors=errors,
        )


class RenamedFlow(_Flow):
    """Asks whether somebody of another name is still the person that the number is linked to."""

    async def async_step_init(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Ask."""
        return self.async_show_menu(
            step_id="init", menu_options=["same", "other"], description_placeholders=self._placeholders
        )

    async def async_step_same(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Let the link go on."""
        if (why_not := self._why_not()) is not None or (terminal := self._terminal) is None:
            return self.async_abort(reason=why_not or "not_running")
        terminal.links.async_go_on(int(self._issue[DATA_ENROLL_ID]))
        return self.async_create_entry(data={})

    async def async_step_other(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """End the link."""
        if (why_not := self._why_not()) is not None or (terminal := self._terminal) is None:
            return self.async_abort(reason=why_not or "not_running")
        terminal.links.async_unlink(int(self._issue[DATA_ENROLL_ID]))
        return self.async_create_entry(data={})

    @override
    def _why_not(self) -> str | None:
        """Return also why the answer is about somebody else: the name, or the person, is another by now."""
        why_not = super()._why_not()
        present = self._present
        return "not_asked" if why_not is None and present is not None and present.data != self._issue else why_not


class ListeningFlow(_Flow):
    """Listens again, or elsewhere."""

    async def async_step_init(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Ask."""
        way_out = "encryption" if self._issue[DATA_KIND] == "certificate_unusable" else "move"
        return self.async_show_menu(
            step_id="init", menu_options=["try_again", way_out], description_placeholders=self._placeholders
        )

    async def async_step_try_again(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Try the same port."""
        if (entry := self._entry) is None:
            return self.async_abort(reason="not_running")
        if entry.state is not ConfigEntryState.LOADED:
            await self.hass.config_entries.async_reload(entry.entry_id)
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="still_not_listening", description_placeholders=self._placeholders)
        return self.async_create_entry(data={})

    async def async_step_move(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Go on with the dialog that moves the listener; the issue goes when it listens."""
        if (entry := self._entry) is None:
            return self.async_abort(reason="not_running")
        flow = await self.hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
        )
        return self.async_abort(reason="move_on", next_flow=(FlowType.CONFIG_FLOW, flow["flow_id"]))

    async def async_step_encryption(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Go on with the options, where the certificate is chosen."""
        if (entry := self._entry) is None:
            return self.async_abort(reason="not_running")
        flow = await self.hass.config_entries.options.async_init(entry.entry_id)
        return self.async_abort(reason="move_on", next_flow=(FlowType.OPTIONS_FLOW, flow["flow_id"]))


class HistoryFlow(_Flow):
    """Has all terminals tell anew what a database that is gone has held."""

    async def async_step_init(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Ask."""
        return self.async_show_menu(
            step_id="init", menu_options=["fetch", "settle"], description_placeholders=self._placeholders
        )

    async def async_step_fetch(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Fetch; while a terminal is missing, the issue stays and says which."""
        entry = self._entry
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_running")
        if missing := await async_fetch_all(entry.runtime_data.terminals.values()):
            placeholders = as_placeholders({"terminals": ", ".join(missing)})
            return self.async_abort(reason="not_all_fetched", description_placeholders=placeholders)
        return self.async_create_entry(data={})

    async def async_step_settle(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Leave it as it is."""
        return self.async_create_entry(data={})


class WasResetFlow(_Flow):
    """Asks what becomes of a terminal that has nobody any more; nothing is written before."""

    async def async_step_init(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Ask."""
        return self.async_show_menu(
            step_id="init", menu_options=[*AfterReset, "later"], description_placeholders=self._placeholders
        )

    async def async_step_fill(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Write everybody of the house to it again."""
        return await self._async_do(AfterReset.FILL)

    async def async_step_take_over(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Take it as it is: who was on it has no door there any more."""
        return await self._async_do(AfterReset.TAKE_OVER)

    async def async_step_later(self, _: Mapping[str, Any] | None = None) -> RepairsFlowResult:
        """Leave everything as it is, and the issue too."""
        return self.async_abort(reason="later")

    async def _async_do(self, what: AfterReset) -> RepairsFlowResult:
        entry, terminal = self._entry, self._terminal
        if entry is None or terminal is None:
            return self.async_abort(reason="not_running")
        if self._present is None:  # somebody else has said so already
            return self.async_abort(reason="settled")
        try:
            with translated_errors(terminal.name), translated_refusals():
                is_done = await async_after_reset(self.hass, entry.runtime_data.house, terminal, what)
        except HomeAssistantError as err:
            key = err.translation_key
            return self.async_abort(reason=key if key in _ERRORS else "failed")
        return self.async_create_entry(data={}) if is_done else self.async_abort(reason="settled")


async def _async_let_it_decide(terminal: Terminal) -> None:
    await terminal.settings.async_write(DEVICE, SERVER_APPROVAL_KEY, 0)


FLOWS: dict[str, Callable[[IssueData], RepairsFlow]] = {
    **{doubt.value: ClaimFlow for doubt in Doubt},
    **dict.fromkeys(LISTENING_KINDS, ListeningFlow),
    **dict.fromkeys(Loss, HistoryFlow),
    "approval_unanswered": lambda data: CommandFlow(data, _async_let_it_decide),
    "capacity_logs": lambda data: CommandFlow(data, lambda terminal: terminal.catching_up.async_delete_logs()),
    "clock_wrong": lambda data: CommandFlow(data, lambda terminal: terminal.upkeep.async_set_clock()),
    RENAMED: RenamedFlow,
    WAS_RESET: WasResetFlow,
    "records_ahead": lambda data: CommandFlow(data, lambda terminal: terminal.upkeep.async_correct_clock()),
    "tamper_stuck": lambda data: CommandFlow(data, lambda terminal: terminal.upkeep.async_cancel_alarm()),
}
