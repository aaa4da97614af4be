"""A really running server: pictures in and out, chat, RemoteGraph, MCP, and users kept apart."""

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest
from dev_server import ROOT, DevServer
from langgraph.graph import START, StateGraph
from langgraph.pregel.remote import RemoteGraph
from langgraph_sdk import get_client
from typing_extensions import TypedDict

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("embed-server")]

PHOTO = (ROOT / "tools/photos/cat.jpg").read_bytes()
MCP = {"accept": "application/json, text/event-stream"}


@pytest.fixture
def ann(server: DevServer) -> Any:
    return get_client(url=server.url, api_key="ann-secret")


@pytest.fixture
def http(server: DevServer) -> Any:
    headers = {"Authorization": "Bearer ann-secret"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
def uploaded(http: httpx.Client) -> Any:
    reply = http.post("/blobs", content=PHOTO)
    assert reply.status_code == 201
    return reply.json()


def test_an_upload_returns_a_reference_and_an_address(uploaded: Any, http: httpx.Client) -> None:
    assert (uploaded["width"], uploaded["height"]) == (451, 300)
    assert http.get(uploaded["url"]).content == PHOTO


@pytest.mark.parametrize("form", ["reference", "sha256", "url", "data"])
async def test_a_run_takes_a_picture_in_every_form(form: str, uploaded: Any, ann: Any) -> None:
    url = uploaded.pop("url")
    image = {
        "reference": uploaded,
        "sha256": uploaded["sha256"],
        "url": url,
        "data": f"data:image/jpeg;base64,{base64.b64encode(PHOTO).decode()}",
    }[form]
    out = await ann.runs.wait(None, "edit_thinker", input={"image": image, "instruction": "warm"})
    assert out["source"] == uploaded
    assert (out["stop_reason"], len(out["attempts"])) == ("accepted", 2)


async def test_a_remote_graph_is_a_node_like_any_other(server: DevServer, http: Any) -> None:
    class Local(TypedDict, total=False):
        image: Any
        instruction: str
        result: Any

    remote = RemoteGraph("edit_thinker", url=server.url, api_key="ann-secret")
    builder = StateGraph(Local)
    builder.add_node("edit", remote)
    builder.add_edge(START, "edit")
    ref = http.post("/blobs", content=PHOTO).json()["sha256"]
    out = await builder.compile().ainvoke({"image": ref, "instruction": "warm"})
    result = http.get(f"/blobs/{out['result']['sha256']}")
    assert result.headers["content-type"] == "image/png"
    assert result.content[:4] == b"\x89PNG"


async def test_a_chat_shows_pictures_by_address_and_remembers_them(
    ann: Any, http: httpx.Client
) -> None:
    thread = (await ann.threads.create())["thread_id"]
    block = {
        "type": "image",
        "base64": base64.b64encode(PHOTO).decode(),
        "mime_type": "image/jpeg",
    }
    first = {"role": "user", "content": [{"type": "text", "text": "make it warmer"}, block]}
    events = []
    async for part in ann.runs.stream(
        thread,
        "chat",
        input={"messages": [first]},
        stream_mode=["custom", "values"],
        stream_subgraphs=True,
    ):
        assert part.event != "error", part.data
        if part.event.startswith("custom"):
            events.append(part.data["event"])
    assert events[0] == "edit_started" and events[-1] == "selected"
    second = {"role": "user", "content": "go back to the first one and make it sharper"}
    out = await ann.runs.wait(thread, "chat", input={"messages": [second]})
    text, image = out["messages"][-1]["content"]
    assert text["text"].startswith("Edit 2.")
    assert image["url"].startswith(str(http.base_url))
    assert "base64" not in json.dumps(out)


def call_mcp(http: httpx.Client, method: str, **params: Any) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    reply = http.post("/mcp", json=body, headers=MCP)
    assert reply.status_code == 200, reply.text
    return reply.json()["result"]


def test_mcp_lists_the_graph_with_a_small_schema(http: httpx.Client) -> None:
    tools = {tool["name"]: tool for tool in call_mcp(http, "tools/list")["tools"]}
    schema = tools["edit_thinker"]["inputSchema"]
    assert set(schema["properties"]) == {"image", "instruction", "mask"}
    assert len(json.dumps(schema)) < 1200


def test_an_mcp_client_edits_a_photo(http: httpx.Client, uploaded: Any) -> None:
    arguments = {"image": uploaded["url"], "instruction": "warm"}
    result = call_mcp(http, "tools/call", name="edit_thinker", arguments=arguments)
    (content,) = result["content"]
    assert "accepted" in content["text"]
    sha256 = content["text"].split("'result': {'sha256': '")[1][:64]
    assert http.get(f"/blobs/{sha256}").status_code == 200


async def test_the_mcp_library_edits_a_photo(server: DevServer, uploaded: Any) -> None:
    mcp = pytest.importorskip("mcp")
    from mcp.client import streamable_http as transport

    headers = {"Authorization": "Bearer ann-secret"}
    async with (
        transport.create_mcp_http_client(headers=headers) as web,
        mcp.Client(
            transport.streamable_http_client(f"{server.url}/mcp", http_client=web)
        ) as client,
    ):
        tools = await client.list_tools()
        assert "edit_thinker" in [tool.name for tool in tools.tools]
        arguments = {"image": uploaded["sha256"], "instruction": "warm"}
        result = await client.call_tool("edit_thinker", arguments)
    assert "accepted" in result.content[0].text


async def test_a_person_reviews_through_the_sdk(ann: Any, uploaded: Any) -> None:
    given = {"image": uploaded["sha256"], "instruction": "warm"}
    thread = (await ann.threads.create())["thread_id"]
    await ann.runs.wait(thread, "edit_thinker", input=given, context={"review": True})
    assert (await ann.threads.get(thread))["status"] == "interrupted"
    out = await ann.runs.wait(
        thread,
        "edit_thinker",
        command={"resume": {"action": "stop"}},
        context={"review": True},
    )
    assert (out["stop_reason"], len(out["attempts"])) == ("stopped", 1)


async def test_many_threads_at_once_do_not_mix(ann: Any, uploaded: Any) -> None:
    async def one(number: int) -> None:
        thread = (await ann.threads.create())["thread_id"]
        wish = f"wish number {number}"
        events, values = [], {}
        async for part in ann.runs.stream(
            thread,
            "edit_thinker",
            input={"image": uploaded["sha256"], "instruction": wish},
            stream_mode=["custom", "values"],
        ):
            assert part.event != "error", part.data
            if part.event == "custom":
                events.append(part.data)
            elif part.event == "values":
                values = part.data
        assert [e["event"] for e in events].count("critique_finished") == 2
        assert events[-1]["event"] == "selected"
        assert [a["prompt"] for a in values["attempts"]] == [wish, f"{wish}!"]
        assert all(wish in a["reasoning"] for a in values["attempts"])

    await asyncio.gather(*(one(number) for number in range(12)))
