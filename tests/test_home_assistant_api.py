"""What is imported from Home Assistant: what its documentation offers integrations, and a short list beside that."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INTEGRATION = ROOT / "custom_components" / "timmy_access"

# Modules whose public names the developer documentation tells integrations to use.
DOCUMENTED = {
    "homeassistant.components.binary_sensor",
    "homeassistant.components.button",
    "homeassistant.components.device_automation",
    "homeassistant.components.event",
    "homeassistant.components.image",
    "homeassistant.components.lock",
    "homeassistant.components.media_source",
    "homeassistant.components.number",
    "homeassistant.components.select",
    "homeassistant.components.sensor",
    "homeassistant.components.switch",
    "homeassistant.config_entries",
    "homeassistant.const",
    "homeassistant.core",
    "homeassistant.data_entry_flow",
    "homeassistant.exceptions",
    "homeassistant.helpers.config_validation",
    "homeassistant.helpers.device_registry",
    "homeassistant.helpers.dispatcher",
    "homeassistant.helpers.entity",
    "homeassistant.helpers.entity_platform",
    "homeassistant.helpers.entity_registry",
    "homeassistant.helpers.event",
    "homeassistant.helpers.issue_registry",
    "homeassistant.helpers.restore_state",
    "homeassistant.helpers.selector",
    "homeassistant.helpers.service",
    "homeassistant.helpers.storage",
    "homeassistant.helpers.typing",
    "homeassistant.helpers.update_coordinator",
    "homeassistant.util.dt",
}

# What lies deeper, name by name, and why there is no other way. Each may break with a release: the newest one is tried
# with every change.
DEEPER = {
    "homeassistant.auth.permissions.const.POLICY_CONTROL": "who may unlock a door (documentation of permissions)",
    "homeassistant.auth.permissions.const.POLICY_READ": "who may see who comes and goes (the same)",
    "homeassistant.components.camera": "a pass shown as a picture goes to cameras' and images' own helpers",
    "homeassistant.components.frontend": "a panel is shown once, and taken away with the last listener",
    "homeassistant.components.homeassistant.async_should_expose": "what assistants may know is the owner's choice",
    "homeassistant.components.homeassistant.exposed_entities.async_listen_entity_updates": "the same, anew",
    "homeassistant.components.http.HomeAssistantView": "the picture of a pass; the media folder is everybody's",
    "homeassistant.components.http.KEY_HASS": "the same",
    "homeassistant.components.http.KEY_HASS_USER": "who asks for it",
    "homeassistant.components.http.StaticPathConfig": "the file of the panel, cached for ever",
    "homeassistant.components.http.auth.async_sign_path": "its address in a message, for somebody who is not logged in",
    "homeassistant.components.llm.LLMTools": "the documented platform `llm` returns it",
    "homeassistant.components.logbook.LOGBOOK_ENTRY_ICON": "the platform `logbook` returns these keys",
    "homeassistant.components.logbook.LOGBOOK_ENTRY_MESSAGE": "the same",
    "homeassistant.components.network.async_get_enabled_source_ips": "the address that people type into terminals",
    "homeassistant.components.network.async_get_source_ip": "the same",
    "homeassistant.components.panel_custom": "the way in which integrations show panels",
    "homeassistant.components.recorder.get_instance": "statistics of the past can be written in no other way",
    "homeassistant.components.recorder.models.StatisticData": "the same",
    "homeassistant.components.recorder.models.StatisticMeanType": "the same",
    "homeassistant.components.recorder.models.StatisticMetaData": "the same",
    "homeassistant.components.recorder.statistics.StatisticsRow": "the same",
    "homeassistant.components.recorder.statistics.async_add_external_statistics": "the same",
    "homeassistant.components.recorder.statistics.statistics_during_period": "where the running sum goes on",
    "homeassistant.components.repairs.ConfirmRepairFlow": "the documented platform `repairs` returns it",
    "homeassistant.components.repairs.FlowType": "a repair that leads into a dialog",
    "homeassistant.components.repairs.RepairsFlow": "the documented platform `repairs` returns it",
    "homeassistant.components.repairs.RepairsFlowResult": "its type",
    "homeassistant.components.system_health.SystemHealthRegistration": "the documented platform gets it",
    "homeassistant.components.websocket_api": "what the panel asks (documentation of extending the WebSocket API)",
    "homeassistant.components.websocket_api.ActiveConnection": "the same",
    "homeassistant.components.websocket_api.current_connection": "whether an administrator asks for names",
    "homeassistant.helpers.condition.ATTR_BEHAVIOR": "conditions of integrations are new, and their API with them",
    "homeassistant.helpers.condition.BEHAVIOR_ALL": "the same",
    "homeassistant.helpers.condition.BEHAVIOR_ANY": "the same",
    "homeassistant.helpers.condition.Condition": "the same",
    "homeassistant.helpers.condition.ConditionCheckParams": "the same",
    "homeassistant.helpers.condition.ConditionCheckerType": "the documented platform `device_condition` returns it",
    "homeassistant.helpers.condition.ConditionConfig": "conditions of integrations are new, and their API with them",
    "homeassistant.helpers.discovery_flow": "a card for a terminal that waits is a discovery flow",
    "homeassistant.helpers.json.json_bytes": "what was told of thousands of people is remembered as it was sent",
    "homeassistant.helpers.json.json_fragment": "the same",
    "homeassistant.helpers.llm.LLMContext": "tools for language models",
    "homeassistant.helpers.llm.LLM_API_ASSIST": "the same",
    "homeassistant.helpers.llm.Tool": "the same",
    "homeassistant.helpers.llm.ToolAnnotations": "the same",
    "homeassistant.helpers.llm.ToolInput": "the same",
    "homeassistant.helpers.llm.ToolResult": "the same",
    "homeassistant.helpers.script.ScriptRunResult": "what a sentence trigger answers with, as an automation would",
    "homeassistant.helpers.target.TargetSelection": "targets of triggers and conditions",
    "homeassistant.helpers.target.async_extract_referenced_entity_ids": "the same",
    "homeassistant.helpers.trace.trace_id_get": "whether a trace would keep the code of a pass",
    "homeassistant.helpers.translation.async_get_cached_translations": "a line of the logbook is made in one step",
    "homeassistant.helpers.translation.async_get_translations": "texts outside of the frontend",
    "homeassistant.helpers.trigger.Trigger": "triggers of integrations are new, and their API with them",
    "homeassistant.helpers.trigger.TriggerActionRunner": "the same",
    "homeassistant.helpers.trigger.TriggerActionType": "the documented platform `device_trigger` gets it",
    "homeassistant.helpers.trigger.TriggerConfig": "triggers of integrations are new, and their API with them",
    "homeassistant.helpers.trigger.TriggerInfo": "the documented platform `device_trigger` gets it",
    "homeassistant.helpers.trigger.TriggerNotTriggeredReporter": "the same",
    "homeassistant.helpers.trigger.async_initialize_triggers": "sentences of ours are triggers: files are the owner's",
    "homeassistant.helpers.trigger.async_validate_trigger_config": "the same",
    "homeassistant.loader.async_get_integration": "the version of ours, for diagnostics",
    "homeassistant.setup.async_when_setup": "sentences are taught when the agent runs, if it ever does",
    "homeassistant.util.file.write_utf8_file_atomic": "a blueprint is written whole or not at all",
    "homeassistant.util.hass_dict.HassKey": "the type of a key of `hass.data`",
    "homeassistant.util.json.JsonObjectType": "the type of what actions answer",
    "homeassistant.util.json.JsonValueType": "the same",
    "homeassistant.util.signal_type.SignalType": "the type of a signal of the documented dispatcher",
    "homeassistant.util.yaml.SECRET_YAML": "secrets that an action names",
    "homeassistant.util.yaml.load_yaml_dict": "the same",
    "homeassistant.util.ulid.ulid_now": "ids as Home Assistant makes its own, which sort by time",
}


def imported() -> set[str]:
    """Return what is imported from Home Assistant: modules as a whole, and names of others."""
    found: set[str] = set()
    for path in INTEGRATION.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names if alias.name.startswith("homeassistant")}
            elif (
                isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").startswith("homeassistant")
            ):
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def is_documented(name: str) -> bool:
    return name in DOCUMENTED or name.rpartition(".")[0] in DOCUMENTED


def test_only_what_is_listed_lies_deeper() -> None:
    assert {name for name in imported() if not is_documented(name)} == set(DEEPER)


def test_no_private_name_is_used() -> None:
    assert [name for name in imported() if "._" in name] == []
