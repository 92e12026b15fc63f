"""TLS for the listener: options, certificates of the user's and of Home Assistant, and what goes wrong with them."""

import asyncio
from pathlib import Path
import ssl
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from websockets.asyncio.client import connect

from custom_components.timmy_access.hub.hub import Hub
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator import VirtualTerminal
from tests.certificates import Certificate, make_certificate

from ..conftest import FACE, FINGER, LOOPBACK, Fix, MakeTerminal
from ..until import issues_of, until_state

BASE = {"live_window": 120, "keep_days": 730}


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path)


@pytest.fixture
def files(certificate: Certificate) -> dict[str, str]:
    return {"certificate": str(certificate.certificate), "key": str(certificate.key)}


async def choose(hass: HomeAssistant, entry: MockConfigEntry, tls: str, **answers: Any) -> Any:
    """Answer the dialog of the options, and its second page if there is one."""
    options = hass.config_entries.options
    form: Any = await options.async_init(entry.entry_id)
    form = await options.async_configure(form["flow_id"], {**BASE, "tls": tls})
    if form.get("step_id") == "encryption":
        form = await options.async_configure(form["flow_id"], answers)
    await hass.async_block_till_done()
    return form


async def dial(make_terminal: MakeTerminal, serial: str, port: int, certificate: Certificate) -> VirtualTerminal:
    terminal = VirtualTerminal(
        "tfs30", serial, f"wss://{LOOPBACK}:{port}/", make_terminal("tfs30", serial).timing, tls=certificate.trusting()
    )
    await terminal.start()
    return terminal


async def test_tls_beside_plain(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    make_terminal: MakeTerminal,
    certificate: Certificate,
    files: dict[str, str],
    unused_tcp_port: int,
) -> None:
    result = await choose(hass, entry, "files", tls_port=unused_tcp_port, **files)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {**BASE, "tls": "files", "tls_port": unused_tcp_port, **files}
    assert entry.runtime_data is not hub
    encrypted = await dial(make_terminal, FINGER, unused_tcp_port, certificate)
    await until_state(hass, "binary_sensor.office_connectivity", "on")
    plain = make_terminal("ai_face", FACE)
    await plain.start()
    await until_state(hass, "binary_sensor.front_door_connectivity", "on")
    await hass.services.async_call("lock", "open", {"entity_id": "lock.office"}, blocking=True)
    assert encrypted.doors[1].openings == 1
    form = await hass.config_entries.subentries.async_init((entry.entry_id, "terminal"), context={"source": "user"})
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["port"] == str(entry.data["port"])
    await encrypted.stop()


async def test_tls_instead_of_plain(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    make_terminal: MakeTerminal,
    certificate: Certificate,
    files: dict[str, str],
    port: int,
) -> None:
    result = await choose(hass, entry, "files", **files)
    assert result["data"] == {**BASE, "tls": "files", **files}
    encrypted = await dial(make_terminal, FINGER, port, certificate)
    await until_state(hass, "binary_sensor.office_connectivity", "on")
    form = await entry.start_reconfigure_flow(hass)
    assert form["description_placeholders"] == {"host": LOOPBACK, "port": f"{port}, HTTPS = Yes"}
    await encrypted.stop()
    await choose(hass, entry, "off")
    assert entry.options == BASE
    plain = make_terminal("tfs30", FINGER)
    await plain.start()
    await until_state(hass, "binary_sensor.office_connectivity", "on")


async def test_the_certificate_of_home_assistant(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    certificate: Certificate,
    unused_tcp_port: int,
    tmp_path: Path,
) -> None:
    form = await choose(hass, entry, "home_assistant")
    assert form["errors"] == {"tls": "no_own_certificate"}
    hass.http.ssl_certificate, hass.http.ssl_key = str(certificate.certificate), str(tmp_path / "gone")
    form = await choose(hass, entry, "home_assistant")
    assert form["errors"] == {"tls": "file_not_found"}
    assert entry.options == {}
    hass.http.ssl_key = str(certificate.key)
    result = await choose(hass, entry, "home_assistant", tls_port=unused_tcp_port)
    assert result["data"] == {**BASE, "tls": "home_assistant", "tls_port": unused_tcp_port}
    async with connect(f"wss://{LOOPBACK}:{unused_tcp_port}/", ssl=certificate.trusting()):
        pass


async def test_every_error_of_the_files(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, files: dict[str, str], tmp_path: Path
) -> None:
    other = make_certificate(tmp_path, "other")
    encrypted = make_certificate(tmp_path, "encrypted", password="secret")  # noqa: S106
    broken = tmp_path / "broken.pem"
    await hass.async_add_executor_job(broken.write_text, "-----BEGIN CERTIFICATE-----\nnonsense\n")
    for changes, errors in (
        ({"certificate": str(tmp_path / "none")}, {"certificate": "file_not_found"}),
        ({"certificate": str(tmp_path)}, {"certificate": "file_not_readable"}),
        ({"certificate": "/ssl/\0"}, {"certificate": "file_not_readable"}),
        ({"certificate": str(broken)}, {"certificate": "not_a_certificate"}),
        ({"certificate": files["key"]}, {"certificate": "not_a_certificate"}),
        ({"key": str(tmp_path / "none")}, {"key": "file_not_found"}),
        ({"key": files["certificate"]}, {"key": "not_a_key"}),
        ({"key": str(encrypted.key)}, {"key": "key_encrypted"}),
        ({"key": str(other.key)}, {"key": "key_mismatch"}),
    ):
        form = await choose(hass, entry, "files", **{**files, **changes})
        assert form["errors"] == errors
        assert form["step_id"] == "encryption"
    assert entry.options == {}
    assert entry.runtime_data is hub


async def test_a_key_that_tls_finds_too_short(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        err = ssl.SSLError()
        err.reason = "EE_KEY_TOO_SMALL"
        raise err

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", refuse)
    form = await choose(hass, entry, "files", **files)
    assert form["errors"] == {"certificate": "certificate_unusable"}


async def test_every_error_of_the_port(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    files: dict[str, str],
    port: int,
    unused_tcp_port: int,
) -> None:
    form = await choose(hass, entry, "files", tls_port=port, **files)
    assert form["errors"] == {"tls_port": "same_port"}
    server = await asyncio.start_server(lambda *_: None, LOOPBACK, unused_tcp_port)
    form = await choose(hass, entry, "files", tls_port=unused_tcp_port, **files)
    assert form["errors"] == {"tls_port": "port_in_use"}
    server.close()
    await server.wait_closed()
    hass.config_entries.async_update_entry(entry, data={**entry.data, "host": "192.0.2.1"})
    await hass.async_block_till_done()
    form = await choose(hass, entry, "files", tls_port=unused_tcp_port, **files)
    assert form["errors"] == {"base": "address_not_available"}
    hass.config_entries.async_update_entry(entry, data={**entry.data, "host": LOOPBACK})
    assert await hass.config_entries.async_reload(entry.entry_id)
    result = await choose(hass, entry, "files", tls_port=unused_tcp_port, **files)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    # the port is ours now, and may stay
    result = await choose(hass, entry, "files", tls_port=unused_tcp_port, **files)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_new_certificate_is_taken_at_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, files: dict[str, str], port: int, tmp_path: Path
) -> None:
    await choose(hass, entry, "files", **files)
    renewed = make_certificate(tmp_path)  # into the same files
    with pytest.raises(ssl.SSLCertVerificationError):
        async with connect(f"wss://{LOOPBACK}:{port}/", ssl=renewed.trusting()):
            pass
    assert await hass.config_entries.async_reload(entry.entry_id)
    async with connect(f"wss://{LOOPBACK}:{port}/", ssl=renewed.trusting()):
        pass


async def test_a_certificate_that_has_gone_is_an_issue_and_nothing_is_said_in_the_clear(
    hass: HomeAssistant, entry: MockConfigEntry, files: dict[str, str], port: int, certificate: Certificate, fix: Fix
) -> None:
    hass.config_entries.async_update_entry(entry, options={**BASE, "tls": "files", **files})
    key = await hass.async_add_executor_job(certificate.key.read_bytes)
    await hass.async_add_executor_job(certificate.key.unlink)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "certificate_unusable"
    issue_id = f"certificate_unusable_{entry.entry_id}"
    placeholders = issues_of(hass)[issue_id].translation_placeholders
    assert placeholders == {
        "address": LOOPBACK,
        "port": str(port),
        "error": "There is no such file",
        **files,
    }
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(LOOPBACK, port)
    result = await fix(issue_id, {"next_step_id": "try_again"})
    assert result["reason"] == "still_not_listening"
    await hass.async_add_executor_job(certificate.key.write_bytes, key)
    result = await fix(issue_id, {"next_step_id": "try_again"})
    assert result["type"] == "create_entry"
    assert issues_of(hass) == {}
    async with connect(f"wss://{LOOPBACK}:{port}/", ssl=certificate.trusting()):
        pass
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_certificate_that_has_gone_is_left_for_another(
    hass: HomeAssistant, entry: MockConfigEntry, files: dict[str, str], tmp_path: Path, fix: Fix
) -> None:
    gone = {**files, "key": str(tmp_path / "gone")}
    hass.config_entries.async_update_entry(entry, options={**BASE, "tls": "files", **gone})
    await hass.config_entries.async_setup(entry.entry_id)
    issue_id = f"certificate_unusable_{entry.entry_id}"
    menu = await fix(issue_id)
    result = await fix(issue_id, {"next_step_id": "encryption"})
    kind, flow_id = result["next_flow"]
    assert kind == "options_flow"
    options = hass.config_entries.options
    form: Any = await options.async_configure(flow_id, {**BASE, "tls": "files"})
    chosen = await options.async_configure(form["flow_id"], files)
    assert chosen["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert entry.options == {**BASE, "tls": "files", **files}
    assert issues_of(hass) == {}
    await hass.config_entries.async_remove(entry.entry_id)
    flow = hass.data["repairs"]["flow_manager"]
    late = await flow.async_configure(menu["flow_id"], {"next_step_id": "encryption"})
    assert late["reason"] == "not_running"
