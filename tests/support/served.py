"""A running `editthinker serve editor`, started by its command, on loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
from interrupts import heed_ctrl_c


class Service:
    """A running `editthinker serve editor`."""

    def __init__(self, *arguments: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-c", "from editthinker.tools.cli import main; main()"]
        command += ["serve", "editor", *arguments, "--port", str(self.port)]
        environment = {**os.environ, "RAY_enable_metrics_collection": "0"}
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
                if pid == self.process.pid:
                    return True
                pid = parents.get(pid, 0)
            return False

        return [pid for pid, title in titles.items() if ":Worker" in title and ours(pid)]

    def stop(self) -> str:
        self.process.send_signal(signal.SIGINT)
        try:
            output, _ = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            output, _ = self.process.communicate()
        return output
