"""A service on a cluster of two machines, joined as docs/serving.md says; both are loopback."""

import asyncio
import base64
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np
import pytest

pytest.importorskip("ray")
import served
import yaml
from ray.serve.schema import ServeDeploySchema
from served import Node, Service, free_port

from editthinker.tools.images import Picture
from editthinker.tools.serving.settings import ServiceSettings

pytestmark = [pytest.mark.ray, pytest.mark.xdist_group("ray")]

PHOTO = Picture.from_pixels(np.random.default_rng(0).integers(0, 255, (64, 48, 3), np.uint8))
BODY = {"image": base64.b64encode(PHOTO.data).decode(), "prompt": "make it brighter"}
CONFIG = Path(__file__).parents[3] / "tools/serving/cluster.yaml"


class Cluster(NamedTuple):
    nodes: list[Node]
    service: Service
    metrics: str
    head: str


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    head = f"127.0.0.2:{free_port()}"
    metrics_port = free_port()
    # Ray's sockets lie in its folder, and their names must be short.
    with (
        tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as name,
        pytest.MonkeyPatch.context() as patch,
    ):
        folder = Path(name)
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", "b" * 64)
        nodes = [
            Node(
                *("127.0.0.2", folder, "--head", "--port", head.partition(":")[2]),
                *("--include-dashboard", "false", "--ray-client-server-port", str(free_port())),
                *("--metrics-export-port", str(metrics_port), "--temp-dir", name),
            )
        ]
        try:
            _until_listening(head)
            nodes.append(Node("127.0.0.3", folder, "--address", head))
            _until_joined(head, 2)
            service = Service("fake", "--replicas", "2", "--gpus", "1", "--cluster", head)
            try:
                yield Cluster(nodes, service, f"http://127.0.0.2:{metrics_port}/metrics", head)
            finally:
                service.stop()
        finally:
            for node in reversed(nodes):
                node.stop()


def _until_listening(address: str) -> None:
    host, _, port = address.partition(":")
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(f"nothing listens on {address}")


def _until_joined(address: str, machines: int) -> None:
    code = (
        "import sys, time, ray\n"
        "ray.init(address=sys.argv[1], log_to_driver=False, configure_logging=False)\n"
        "while sum(node['Alive'] for node in ray.nodes()) < int(sys.argv[2]): time.sleep(0.2)\n"
    )
    subprocess.run([sys.executable, "-c", code, address, str(machines)], check=True, timeout=90)


async def test_each_machine_holds_the_copy_that_its_gpu_has_room_for(cluster: Cluster) -> None:
    assert [len(node.workers()) for node in cluster.nodes] == [1, 1]
    async with httpx.AsyncClient(timeout=60) as client:
        replies = await asyncio.gather(
            *(
                client.post(cluster.service.url + "/edit", json={**BODY, "seed": seed})
                for seed in range(20)
            )
        )
    assert [reply.status_code for reply in replies] == [200] * 20
    assert [reply.json()["seed"] for reply in replies] == list(range(20))


@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
async def test_the_clusters_metrics_count_our_requests(cluster: Cluster) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        (await client.post(cluster.service.url + "/edit", json=BODY)).raise_for_status()
    assert await served.requests_counted(cluster.metrics) >= 1


def test_a_cluster_that_wants_another_token_is_told(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "c" * 64)
    done = served.run("fake", "--gpus", "0", "--cluster", cluster.head)
    assert done.returncode == 2
    assert "RAY_AUTH_MODE" in done.stderr


def test_the_config_file_is_one_that_ray_and_we_understand() -> None:
    config = yaml.safe_load(CONFIG.read_text())
    ServeDeploySchema.model_validate(config)
    assert ServiceSettings.model_validate(config["applications"][0]["args"]).replicas == 16
