"""The scripts' client of Home Assistant stays connected while nobody asks anything, and connects again."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientSession, WSMsgType, web
from aiohttp.test_utils import TestServer
import pytest

from scripts.home import LOOPBACK, Home
from scripts.home_socket import HomeError


@dataclass
class Server:
    """As much of Home Assistant as answers."""

    port: int = 0
    connections: list[web.WebSocketResponse] = field(default_factory=list)
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def login_flow(self, _request: web.Request) -> web.Response:
        return web.json_response({"flow_id": "1", "result": "code", "access_token": "token"})

    async def websocket(self, request: web.Request) -> web.WebSocketResponse:
        connection = web.WebSocketResponse(autoping=False)
        await connection.prepare(request)
        self.connections.append(connection)
        await connection.send_json({"type": "auth_required"})
        async for message in connection:
            if message.type is WSMsgType.PONG:
                self.answered.set()
                continue
            said = message.json()
            if said["type"] == "auth":
                await connection.send_json({"type": "auth_ok"})
            elif said["type"] == "die":
                await connection.close()
            else:
                answer = {"id": said["id"], "type": "result", "success": said["type"] == "ping", "result": 7}
                await connection.send_json(answer | {"error": {"message": "no such thing"}})
        return connection


@pytest.fixture
async def server(socket_enabled: None) -> AsyncGenerator[Server]:
    server = Server()
    app = web.Application()
    for path in ("/auth/login_flow", "/auth/login_flow/1", "/auth/token"):
        app.router.add_post(path, server.login_flow)
    app.router.add_get("/api/websocket", server.websocket)
    async with TestServer(app, host=LOOPBACK) as running:
        assert running.port is not None
        server.port = running.port
        yield server


@pytest.fixture
async def home(server: Server, tmp_path: Path) -> AsyncGenerator[Home]:
    async with ClientSession() as session:
        home = Home(tmp_path, server.port, session)
        await home.log_in()
        yield home
        await home.close()


async def test_pings_are_answered_while_nobody_asks(server: Server, home: Home) -> None:
    async with asyncio.timeout(10):
        await server.connections[0].ping()
        await server.answered.wait()
    assert await home.call("ping") == 7
    assert len(server.connections) == 1


async def test_a_refusal_is_an_error(home: Home) -> None:
    with pytest.raises(HomeError, match="no such thing"):
        await home.call("nonsense")


async def test_a_connection_that_was_closed_is_made_anew(server: Server, home: Home) -> None:
    with pytest.raises(HomeError, match="ended"):
        await home.call("die")
    assert await home.call("ping") == 7
    assert len(server.connections) == 2
