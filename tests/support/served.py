"""A running `editthinker serve editor`, started by its command, on loopback."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
from interrupts import heed_ctrl_c

COMMAND = [
    sys.executable,
    "-c",
    "from editthinker.tools.cli import main; main()",
    "serve",
    "editor",
]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `editthinker serve editor` where it is to end by itself."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=180)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def workers_under(root: int) -> list[int]:
    """Process ids of the copies of a model among the descendants of a process."""
    parents, titles = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                status = (folder / "stat").read_text()
                titles[int(folder.name)] = (folder / "cmdline").read_bytes().decode()
            except OSError:
                continue
            parents[int(folder.name)] = int(status.rpartition(")")[2].split()[1])

    def ours(pid: int) -> bool:
        while pid > 1:
            if pid == root:
                return True
            pid = parents.get(pid, 0)
        return False

    return [pid for pid, title in titles.items() if ":Worker" in title and ours(pid)]


class Node:
    """One `ray start`, of a cluster's head or of a machine that joins it, on a loopback address.

    It says that it has a GPU, which is what decides where a copy goes.
    """

    def __init__(self, ip: str, folder: Path, *arguments: str) -> None:
        command = [str(Path(sys.executable).with_name("ray")), "start", "--block"]
        command += ["--node-ip-address", ip, "--num-cpus", "1", "--num-gpus", "1"]
        command += ["--disable-usage-stats"]
        self.log = (folder / f"{ip}.log").open("w")
        self.process = subprocess.Popen(
            [*command, *arguments],
            env={
                **os.environ,
                "RAY_enable_metrics_collection": "1",
            },
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )

    def workers(self) -> list[int]:
        return workers_under(self.process.pid)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()


class Service:
    """A running `editthinker serve editor`."""

    def __init__(self, *arguments: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [*COMMAND, *arguments, "--port", str(self.port)]
        metrics = "1" if "--metrics-port" in arguments else "0"
        environment = {**os.environ, "RAY_enable_metrics_collection": metrics}
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=heed_ctrl_c,
        )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(self.url + "/ready", timeout=5).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
        self.stop()
        raise AssertionError("the service did not start")

    def workers(self) -> list[int]:
        """Process ids of the copies of the model, among our own descendants."""
        return workers_under(self.process.pid)

    def stop(self) -> str:
        self.process.send_signal(signal.SIGINT)
        try:
            output, _ = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            output, _ = self.process.communicate()
        return output


async def requests_counted(metrics: str) -> float:
    """Read from Prometheus text how many edits were asked for; Ray writes it every few seconds."""
    async with asyncio.timeout(60), httpx.AsyncClient() as client:
        while True:
            for line in (await client.get(metrics)).text.splitlines():
                if line.startswith("ray_serve_num_http_requests") and 'route="/edit"' in line:
                    return float(line.rpartition(" ")[2])
            await asyncio.sleep(1)
