"""Fifty threads at once, five hundred runs on one server: `pytest -m soak --log-level INFO -rA`."""

import asyncio
import logging
import os
from pathlib import Path

import httpx
import pytest
from dev_server import ROOT, run_server
from langgraph_sdk import get_client

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("soak")]

THREADS, ROUNDS = 50, 10
GROWTH = 1.15
"""Most that the server's memory may grow after round 5, when its cache of pictures is full."""


def resident_mb(group: int) -> float:
    """Return the resident memory of a process group."""
    total = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if os.getpgid(int(folder.name)) == group:
                    total += int((folder / "statm").read_text().split()[1]) * 4096
            except (OSError, ProcessLookupError):
                continue
    return total / 2**20


async def test_no_cross_talk_no_lost_event_and_flat_memory(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if "soak" not in request.config.option.markexpr:
        pytest.skip("only with -m soak")
    options = {"EDITTHINKER_EDITORS": "fake", "EDITTHINKER_THINKER": "patient"}
    with run_server(tmp_path, **options) as server:
        client = get_client(url=server.url)
        async with httpx.AsyncClient(base_url=server.url) as http:
            photo = (ROOT / "tools/photos/cat.jpg").read_bytes()
            uploaded = (await http.post("/blobs", content=photo)).json()["sha256"]

        async def one(number: int) -> None:
            wish = f"wish number {number}"
            given = {"image": uploaded, "instruction": wish}
            thread = (await client.threads.create())["thread_id"]
            told, values = [], {}
            async for part in client.runs.stream(
                thread, "edit_thinker", input=given, stream_mode=["custom", "values"]
            ):
                assert part.event != "error", part.data
                if part.event == "custom":
                    told.append(part.data)
                elif part.event == "values":
                    values = part.data
            turn = ["edit_started", "edit_step", "edit_finished"]
            turn += ["critique_started", "critique_finished"]
            assert [event["event"] for event in told] == [*turn, *turn, "selected"]
            assert [a["prompt"] for a in values["attempts"]] == [wish, f"{wish}!"]
            assert all(a["reasoning"] == f"about: {wish}" for a in values["attempts"])
            await client.threads.delete(thread)

        memory = []
        for round_ in range(ROUNDS):
            await asyncio.gather(*(one(round_ * THREADS + n) for n in range(THREADS)))
            memory.append(resident_mb(server.pid))
    told_mb = f"{THREADS * ROUNDS} runs, memory in MB: {[round(mb) for mb in memory]}"
    logging.getLogger(__name__).info(told_mb)
    assert memory[-1] < memory[4] * GROWTH, told_mb
