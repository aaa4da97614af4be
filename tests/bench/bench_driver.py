"""How near the sweep driver comes to the ideal on stub services that only spend time.

Editor: 8 slots of 0.2 s. Thinker: 32 slots of 0.1 s, never content. 96 samples of 512 x 512, 5
turns, no judge: at best 96 * 5 * 0.2 / 8 = 12.0 s. Run with `make bench`.
"""

import asyncio
import base64
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import typer

from editthinker.tools.images import Picture

SAMPLES, TURNS = 96, 5
EDIT_S, EDIT_SLOTS = 0.2, 8
THINK_S, THINK_SLOTS = 0.1, 32
IDEAL_S = SAMPLES * TURNS * EDIT_S / EDIT_SLOTS

THOUGHT = (
    "<think>The requested change is only half done.</think>\n"
    '<score>{{"semantic": 5, "quality": 7}}</score>\n'
    "<answer>Do the requested change fully, attempt {}.</answer>"
)


def photo(seed: int) -> bytes:
    """Return a noisy PNG of 512 x 512."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:512, 0:512]
    ramp = np.stack([x * rng.random() / 2, y * rng.random() / 2, (x + y) * rng.random() / 4], -1)
    noisy = (ramp + rng.normal(0, 8, ramp.shape) + 40).clip(0, 255)
    return Picture.from_pixels(noisy.astype(np.uint8)).data


class Stubs:
    """The two services on one port, over HTTP/1.1 with kept connections."""

    def __init__(self) -> None:
        edited = base64.b64encode(photo(0)).decode()
        self._edited = json.dumps({"success": True, "edited_image": edited, "seed": 0}).encode()
        self._edits = asyncio.Semaphore(EDIT_SLOTS)
        self._thoughts = asyncio.Semaphore(THINK_SLOTS)
        self._count = itertools.count()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                target, _, fields = head.partition(b"\r\n")
                length = 0
                for line in fields.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                await reader.readexactly(length)
                body = await self._answer(target)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                    + str(len(body)).encode()
                    + b"\r\n\r\n"
                    + body
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, target: bytes) -> bytes:
        if target.startswith(b"POST /edit"):
            async with self._edits:
                await asyncio.sleep(EDIT_S)
            return self._edited
        if b"chat/completions" in target:
            async with self._thoughts:
                await asyncio.sleep(THINK_S)
            message = {"role": "assistant", "content": THOUGHT.format(next(self._count))}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            usage = {"prompt_tokens": 1500, "completion_tokens": 60, "total_tokens": 1560}
            reply = {"id": "c", "object": "chat.completion", "created": 0, "model": "stub"}
            return json.dumps({**reply, "choices": [choice], "usage": usage}).encode()
        return b'{"status": "ok", "gpu_manager_ready": true}'


async def serve_stubs() -> None:
    """Serve until killed; the port is printed first."""
    server = await asyncio.start_server(Stubs().serve, "127.0.0.1", 0, limit=2**22)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def write_samples(folder: Path) -> None:
    """Write the samples in ImgEdit's layout."""
    entries = {}
    for at in range(SAMPLES):
        (folder / f"{at:04}.png").write_bytes(photo(at))
        prompt = f"make the sky number {at} pink"
        entries[str(at)] = {"id": f"{at:04}.png", "prompt": prompt, "edit_type": "adjust"}
    (folder / "singleturn.json").write_text(json.dumps(entries))


def peak_mb(pid: int, process: subprocess.Popen[bytes]) -> float:
    """Return the largest resident size of a process until it ends, in MB."""
    peak = 0.0
    while process.poll() is None:
        try:
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peak = max(peak, int(line.split()[1]) / 1024)
        except OSError:
            break
        time.sleep(0.1)
    return peak


def measure(concurrency: int) -> None:
    """Run the driver in its own process and print what it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        write_samples(folder / "data")
        stubs = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE)
        try:
            assert stubs.stdout
            address = f"http://127.0.0.1:{int(stubs.stdout.readline())}"
            command = [sys.executable, "-m", "editthinker.evals.run", "--benchmark", "imgedit"]
            command += ["--data-dir", str(folder / "data"), "--editors", "remote"]
            command += ["--endpoint", address, "--thinkers", "editthinker-8b", "--base-url"]
            command += [f"{address}/v1", "--modes", "think-while", "--max-turns", str(TURNS)]
            command += ["--set", f"patience={TURNS}", "--judge", "none", "--no-best-of-n"]
            command += ["--concurrency", str(concurrency), "--out", str(folder / "run"), "--json"]
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            started = time.perf_counter()
            driver = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            memory = peak_mb(driver.pid, driver)
            wall = time.perf_counter() - started
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            lines = (folder / "run" / "records.jsonl").read_text().splitlines()
            edits = sum(len(json.loads(line)["attempts"]) for line in lines)
            assert driver.returncode == 0, driver.returncode
            assert edits == SAMPLES * TURNS, edits
        finally:
            stubs.kill()
            stubs.wait()
    typer.echo(f"sweep of {SAMPLES} x {TURNS} edits  {wall:6.1f} s   (ideal {IDEAL_S}, goal 15)")
    typer.echo(f"  processor time        {cpu:6.1f} s   (goal 30)")
    typer.echo(f"  resident memory       {memory:6.0f} MB  (goal 400)")


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(serve_stubs())
    else:
        measure(int(os.environ.get("CONCURRENCY", "24")))
