"""`editthinker serve thinker`: a vLLM server with the flags that suit this loop."""

import importlib.util
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import httpx
import typer

from editthinker.tools.errors import ConfigError, ThinkerError

DEFAULT_MODEL = "appletea2333/EditThinker-8B"
"""What is served when nothing else is asked for."""

STOP_S = 30.0
"""Seconds that a server has to end by itself."""

_POLL_S = 0.5


def serve_thinker(
    model: Annotated[
        str, typer.Option(help="Model on the hub, or a folder with a checkpoint.")
    ] = DEFAULT_MODEL,
    served_name: Annotated[
        str | None, typer.Option(help="Name that clients ask for. [default: the model]")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    gpus: Annotated[int, typer.Option(min=1, help="GPUs that share the model.")] = 1,
    images: Annotated[
        int, typer.Option(min=2, help="Most images of a request: two, and one per thumbnail.")
    ] = 8,
    context: Annotated[int, typer.Option(min=2048, help="Most tokens of a request.")] = 16384,
    cache_gb: Annotated[
        float, typer.Option(min=0, help="GiB of memory for processed images.")
    ] = 4.0,
    vllm: Annotated[
        Path | None,
        typer.Option(help="The vllm executable of another environment. [default: on the PATH]"),
    ] = None,
    extra: Annotated[
        list[str] | None,
        typer.Option(help="Any other flag for vllm, such as --extra=--dtype=half."),
    ] = None,
    wait_s: Annotated[float, typer.Option(min=1, help="Seconds to wait for it.")] = 900.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the command only.")] = False,
) -> None:
    """Serve a thinker with vLLM, wait until it answers, and stop it on Ctrl-C."""
    command = [
        *(["vllm"] if dry_run and not vllm else find_vllm(vllm)),
        *serve_arguments(model, served_name or model, host, port, gpus, images, context, cache_gb),
        *(extra or []),
    ]
    typer.echo(shlex.join(command))
    if not dry_run:
        run_server(command, f"http://{host}:{port}", served_name or model, wait_s)


def serve_arguments(
    model: str,
    served_name: str,
    host: str,
    port: int,
    gpus: int,
    images: int,
    context: int,
    cache_gb: float,
) -> list[str]:
    """Return the arguments of vLLM that suit this loop, written for versions from 0.12 on.

    The prefix cache keeps the source image of a loop, which every turn sends first; the processor
    cache keeps its pixels. The sampling defaults are vLLM's own, since each request states its
    sampling, and usage reports what came from the cache.
    """
    arguments = ["serve", model, "--served-model-name", served_name]
    arguments += ["--host", host, "--port", str(port)]
    arguments += ["--enable-prefix-caching", "--mm-processor-cache-gb", f"{cache_gb:g}"]
    arguments += ["--limit-mm-per-prompt", json.dumps({"image": images, "video": 0})]
    arguments += ["--max-model-len", str(context), "--max-logprobs", "20"]
    arguments += ["--structured-outputs-config", json.dumps({"backend": "auto"})]
    arguments += ["--generation-config", "vllm", "--enable-prompt-tokens-details"]
    if gpus > 1:
        # A vision encoder this small gains more from sharing out images than its weights.
        arguments += ["--tensor-parallel-size", str(gpus), "--mm-encoder-tp-mode", "data"]
    return arguments


def find_vllm(path: Path | None) -> list[str]:
    """Return how to start vLLM.

    Raises:
        ConfigError: if it is not there.
    """
    if path:
        if not os.access(path, os.X_OK) or path.is_dir():
            raise ConfigError(f"--vllm {str(path)!r} is not an executable file")
        return [str(path)]
    if found := shutil.which("vllm"):
        return [found]
    if importlib.util.find_spec("vllm"):
        return [sys.executable, "-m", "vllm.entrypoints.cli.main"]
    raise ConfigError(
        "vLLM is not installed; give it an environment of its own, since its pins conflict with "
        "ours: python -m venv vllm-env && vllm-env/bin/pip install vllm, then "
        "editthinker serve thinker --vllm vllm-env/bin/vllm"
    )


def run_server(command: list[str], url: str, name: str, wait_s: float) -> None:
    """Run a server until it ends or Ctrl-C; say when it is ready.

    Raises:
        ConfigError: if something else answers at its address.
        ThinkerError: if it ends, or does not answer in time.
    """
    if _is_healthy(url):
        raise ConfigError(f"something already answers at {url}; choose another --port")
    before = signal.signal(signal.SIGTERM, _end)
    with subprocess.Popen(command) as process:
        try:
            _wait_for_health(process, url, wait_s)
            typer.echo(
                f"ready: editthinker edit PHOTO 'INSTRUCTION' --thinker editthinker-8b "
                f"--base-url {url}/v1 --model {name}",
                err=True,
            )
            if code := process.wait():
                raise ThinkerError(f"vLLM ended with exit code {code}; its last lines say why")
        finally:
            _stop(process)
            signal.signal(signal.SIGTERM, before)


def _wait_for_health(process: "subprocess.Popen[bytes]", url: str, wait_s: float) -> None:
    started = time.monotonic()
    while not _is_healthy(url):
        if process.poll() is not None:
            raise ThinkerError(
                f"vLLM ended with exit code {process.returncode} before it was ready; its last "
                "lines say why"
            )
        if time.monotonic() - started > wait_s:
            raise ThinkerError(f"vLLM was not ready within {wait_s:g} s; raise --wait-s")
        time.sleep(_POLL_S)


def _is_healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=2).is_success
    except httpx.HTTPError:
        return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
