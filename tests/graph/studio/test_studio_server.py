"""The real `langgraph dev` server, driven as Studio drives it."""

import base64
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_client

ROOT = Path(__file__).parents[3]
GRAPH = "edit_thinker"

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("server")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "langgraph.json").write_text((ROOT / "langgraph.json").read_text())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (folder / "log.txt").open("w")
    process = subprocess.Popen(
        [
            *[sys.executable, "-m", "langgraph_cli", "dev", "--no-browser", "--no-reload"],
            *["--host", "127.0.0.1", "--port", str(port), "--n-jobs-per-worker", "4"],
        ],
        cwd=folder,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={
            **os.environ,
            "EDITTHINKER_BLOBS": str(folder / "blobs"),
            "LANGGRAPH_CLI_NO_ANALYTICS": "1",
            "LANGGRAPH_NO_VERSION_CHECK": "true",
            "LANGSMITH_TRACING": "false",
        },
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 90
        while True:
            try:
                httpx.get(f"{url}/ok", timeout=2).raise_for_status()
                break
            except httpx.HTTPError:
                gone = process.poll() is not None or time.monotonic() > deadline
                assert not gone, (folder / "log.txt").read_text()[-4000:]
                time.sleep(0.2)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


@pytest.fixture
def client(server: str) -> Any:
    return get_client(url=server)


@pytest.fixture(scope="module")
def request_input() -> Any:
    data = base64.b64encode((ROOT / "tools/photos/cat.jpg").read_bytes()).decode()
    return {"image": f"data:image/jpeg;base64,{data}", "instruction": "make it much brighter"}


async def test_the_settings_form_has_bounds_and_descriptions(client: Any) -> None:
    (assistant,) = await client.assistants.search(graph_id=GRAPH)
    schemas = await client.assistants.get_schemas(assistant["assistant_id"])
    fields = schemas["context_schema"]["properties"]
    assert (fields["max_turns"]["minimum"], fields["max_turns"]["maximum"]) == (1, 32)
    assert fields["mode"]["enum"][0] == "single"
    assert all(field.get("description") for field in fields.values())
    assert set(schemas["input_schema"]["properties"]) == {"image", "instruction", "mask"}


async def test_a_run_streams_its_events_and_returns_references_only(
    client: Any, request_input: Any
) -> None:
    events, values = [], {}
    async for part in client.runs.stream(
        None, GRAPH, input=request_input, stream_mode=["custom", "values"]
    ):
        assert part.event != "error", part.data
        if part.event == "custom":
            events.append(part.data["event"])
        elif part.event == "values":
            values = part.data
    assert events[0] == "edit_started" and events[-1] == "selected"
    assert values["result"]["media_type"] == "image/png"
    assert values["stop_reason"]
    assert "base64" not in str(values)


async def test_a_bad_setting_is_named(client: Any, request_input: Any) -> None:
    thread = await client.threads.create()
    out = await client.runs.wait(
        thread["thread_id"],
        GRAPH,
        input=request_input,
        context={"max_turns": 99},
        raise_error=False,
    )
    assert "max_turns" in str(out) or "less than or equal to 32" in str(out)


async def test_a_path_on_the_server_is_refused(client: Any, request_input: Any) -> None:
    bad = {**request_input, "image": "/etc/passwd"}
    thread = await client.threads.create()
    out = await client.runs.wait(thread["thread_id"], GRAPH, input=bad, raise_error=False)
    assert "root:" not in str(out)
    assert out["__error__"]["error"] == "MediaError"


async def test_review_interrupts_and_resumes(client: Any, request_input: Any) -> None:
    thread = (await client.threads.create())["thread_id"]
    await client.runs.wait(thread, GRAPH, input=request_input, context={"review": True})
    waiting = await client.threads.get(thread)
    assert waiting["status"] == "interrupted"
    (interrupts,) = waiting["interrupts"].values()
    assert interrupts[0]["value"]["turn"] == 1
    out = await client.runs.wait(
        thread,
        GRAPH,
        command={"resume": {"action": "prompt", "prompt": "make it darker by 20%"}},
        context={"review": True},
    )
    out = await client.runs.wait(
        thread, GRAPH, command={"resume": {"action": "accept"}}, context={"review": True}
    )
    assert [a["prompt_by"] for a in out["attempts"]] == ["user", "person"]
    assert out["stop_reason"] == "accepted"
    assert out["chosen"] == [2, 0]


async def test_an_earlier_turn_can_be_forked_with_another_prompt(
    client: Any, request_input: Any
) -> None:
    thread = (await client.threads.create())["thread_id"]
    first = await client.runs.wait(thread, GRAPH, input=request_input)
    history = await client.threads.get_history(thread, limit=50)
    after_turn_one = next(
        state
        for state in reversed(history)
        if state["values"].get("attempts")
        and state["values"]["attempts"][0]["semantic"] is not None
    )
    fork = await client.threads.update_state(
        thread,
        {"prompt": "make it sepia", "prompt_by": "person"},
        checkpoint=after_turn_one["checkpoint"],
    )
    out = await client.runs.wait(thread, GRAPH, input=None, checkpoint=fork["checkpoint"])
    assert [a["prompt"] for a in out["attempts"]][:2] == [
        first["attempts"][0]["prompt"],
        "make it sepia",
    ]
    assert out["attempts"][1]["prompt_by"] == "person"
