"""The service on a real Ray, started by its command, on loopback."""

import asyncio
import base64
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import openai
import pytest

pytest.importorskip("ray")

from served import Service, free_port, requests_counted

from editthinker.graph.build import build_graph
from editthinker.graph.context import EditContext
from editthinker.tools.blobs import BlobStore
from editthinker.tools.editors.base import EditRequest
from editthinker.tools.editors.remote import RemoteEditor
from editthinker.tools.images import Picture

pytestmark = [pytest.mark.ray, pytest.mark.xdist_group("ray")]

PHOTO = Picture.from_pixels(np.random.default_rng(0).integers(0, 255, (64, 48, 3), np.uint8))
BODY = {"image": base64.b64encode(PHOTO.data).decode(), "prompt": "make it brighter"}
WORK_S = 0.3


METRICS_PORT = free_port()


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    running = Service(
        *("fake", "--replicas", "2", "--gpus", "0", "--set", f"delay_s={WORK_S}"),
        *("--metrics-port", str(METRICS_PORT)),
    )
    yield running
    running.stop()


async def post(client: httpx.AsyncClient, service: Service, seed: int) -> httpx.Response:
    return await client.post(service.url + "/edit", json={**BODY, "seed": seed})


async def test_the_reference_request_the_loop_and_the_openai_client_are_served(
    service: Service, tmp_path: Path
) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        reply = (await post(client, service, 3)).json()
    assert reply["success"] is True
    images = openai.AsyncOpenAI(base_url=service.url + "/v1", api_key="none", max_retries=0).images
    edited = await images.edit(image=PHOTO.data, prompt=BODY["prompt"], extra_body={"seed": 3})
    assert edited.data and edited.data[0].b64_json == reply["edited_image"]
    remote = RemoteEditor([service.url])
    result = await remote.edit(EditRequest((PHOTO,), BODY["prompt"], seed=3))
    assert base64.b64encode(result.image).decode() == reply["edited_image"]
    blobs = BlobStore(tmp_path)
    graph = build_graph(editors=[remote], thinker="observer", blobs=blobs).compile()
    final = await graph.ainvoke(
        {"image": blobs.put_image(PHOTO.data), "instruction": "make it brighter"},
        context=EditContext(max_turns=2),
    )
    assert final["result"] is not None


async def test_steps_come_through_ray_and_http(service: Service) -> None:
    steps: list[tuple[int, int]] = []
    request = EditRequest((PHOTO,), BODY["prompt"], on_step=lambda *step: steps.append(step))
    plain = await RemoteEditor([service.url]).edit(EditRequest((PHOTO,), BODY["prompt"]))
    assert (await RemoteEditor([service.url]).edit(request)).image == plain.image
    assert steps == [(1, 1)]


async def test_calls_are_worked_on_side_by_side(service: Service) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        started = time.perf_counter()
        for seed in range(4):
            await post(client, service, seed)
        alone_s = (time.perf_counter() - started) / 4
        started = time.perf_counter()
        replies = await asyncio.gather(*(post(client, service, seed) for seed in range(16)))
        together_s = (time.perf_counter() - started) / 16
    assert all(reply.status_code == 200 for reply in replies)
    # Two copies that hold four calls each; the machine's other work leaves less than that.
    assert together_s < alone_s / 2


async def test_a_copy_that_dies_under_load_loses_no_call(service: Service) -> None:
    """The client does not retry; each call is answered once, with its own image."""
    before = service.workers()
    assert len(before) == 2
    async with httpx.AsyncClient(timeout=60) as client:
        calls = []
        for seed in range(60):
            calls.append(asyncio.create_task(post(client, service, seed)))
            if seed == 20:
                os.kill(before[0], signal.SIGKILL)
            await asyncio.sleep(0.05)
        replies = await asyncio.gather(*calls)
    assert [reply.status_code for reply in replies] == [200] * 60
    assert [reply.json()["seed"] for reply in replies] == list(range(60))
    assert len({reply.json()["edited_image"] for reply in replies}) == 60


async def test_calls_beyond_the_queue_are_told_to_come_later(service: Service) -> None:
    """Two copies hold four calls each, and a hundred wait."""
    async with httpx.AsyncClient(timeout=120, limits=httpx.Limits(max_connections=None)) as client:
        replies = await asyncio.gather(*(post(client, service, seed) for seed in range(160)))
    busy = [reply for reply in replies if reply.status_code == 429]
    assert busy
    assert all(int(reply.headers["retry-after"]) > 0 for reply in busy)
    assert {reply.status_code for reply in replies} == {200, 429}
    assert len(replies) - len(busy) >= 100


async def test_metrics_are_prometheus_text(service: Service) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        await post(client, service, 3)
    assert await requests_counted(f"http://127.0.0.1:{METRICS_PORT}/metrics") >= 1


def test_everything_listens_on_loopback(service: Service) -> None:
    with socket.socket() as probe:
        probe.connect(("127.0.0.1", service.port))
        assert probe.getpeername()[0] == "127.0.0.1"
    listening = Path("/proc/net/tcp").read_text().splitlines()[1:]
    ports = {
        line.split()[1]
        for line in listening
        if line.split()[3] == "0A" and f":{service.port:04X}" in line.split()[1]
    }
    assert ports == {f"0100007F:{service.port:04X}"}


async def test_a_tiny_pipeline_loses_no_call_with_a_copy(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("diffusers")
    import tiny_pipelines

    model = tiny_pipelines.build_flux(tmp_path / "flux")
    running = Service(
        *("flux-kontext", "--replicas", "2", "--gpus", "0"),
        *("--set", f"model={model}", "--set", "steps=4"),
    )
    try:
        async with httpx.AsyncClient(timeout=120) as client:
            steps: list[tuple[int, int]] = []
            first = EditRequest((PHOTO,), "x", on_step=lambda *step: steps.append(step))
            await RemoteEditor([running.url]).edit(first)
            assert steps == [(step, 4) for step in (1, 2, 3, 4)]
            await _abandon_long_calls_and_get_on(client, running)
            calls = [asyncio.create_task(post(client, running, seed)) for seed in range(24)]
            await asyncio.sleep(0.3)
            os.kill(running.workers()[0], signal.SIGKILL)
            replies = await asyncio.gather(*calls)
        assert [reply.status_code for reply in replies] == [200] * 24
        assert [reply.json()["seed"] for reply in replies] == list(range(24))
    finally:
        running.stop()


def test_a_model_that_cannot_be_loaded_ends_the_command_with_a_sentence() -> None:
    pytest.importorskip("torch")
    command = [sys.executable, "-c", "from editthinker.tools.cli import main; main()"]
    command += ["serve", "editor", "flux-kontext", "--gpus", "0", "--set", "model=/nowhere"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == 2
    assert "hf download /nowhere" in done.stderr


async def _abandon_long_calls_and_get_on(client: httpx.AsyncClient, running: Service) -> None:
    """Work of a thousand steps stops with its caller, and both copies are free again."""

    async def call(steps: int) -> float:
        started = time.perf_counter()
        body = {**BODY, "num_inference_steps": steps}
        (await client.post(running.url + "/edit", json=body)).raise_for_status()
        return time.perf_counter() - started

    short_s = await call(20)
    for _ in range(4):
        with pytest.raises(httpx.TimeoutException):
            body = {**BODY, "num_inference_steps": 1000}
            await client.post(running.url + "/edit", json=body, timeout=1)
    assert await call(20) < 25 * short_s
