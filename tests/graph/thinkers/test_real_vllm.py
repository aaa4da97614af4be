"""Real vLLM with tiny weights, from an environment of its own: `make test-vllm`.

EDITTHINKER_VLLM names its `vllm` executable; the tests are skipped without it.
"""

import asyncio
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
import pytest

from editthinker.graph.thinkers.base import THINKERS, Thinker, ThinkRequest
from editthinker.tools.errors import ReplyParseError
from editthinker.tools.images import Picture

VLLM = os.environ.get("EDITTHINKER_VLLM", "")
START_S = 400
SIDE = 512
SOURCE_TOKENS = (SIDE // 32) ** 2
BLOCK_TOKENS = 128

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.skipif(not VLLM, reason="EDITTHINKER_VLLM does not name a vllm executable"),
]

SERVE = """
import typer
from editthinker.graph.thinkers.serve import serve_thinker
app = typer.Typer()
app.command()(serve_thinker)
app()
"""
FOR_CPU = ["--enforce-eager", "--skip-mm-profiling", "--max-num-seqs=4", "--dtype=float32"]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("tiny")
    python = Path(VLLM).with_name("python")
    builder = Path(__file__).parents[2] / "support" / "tiny_qwen3_vl.py"
    subprocess.run([python, builder, folder, str(SIDE * SIDE)], check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", SERVE, "--vllm", VLLM, "--model", str(folder)]
    command += ["--served-name", "tiny", "--port", str(port), "--context", "8192"]
    command += ["--cache-gb", "1", *(f"--extra={flag}" for flag in FOR_CPU)]
    environment = {"VLLM_CPU_KVCACHE_SPACE": "1", **os.environ}
    log = folder / "vllm.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output, env=environment) as process,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            started = time.monotonic()
            while not healthy(address):
                assert process.poll() is None, log.read_text()[-3000:]
                assert time.monotonic() - started < START_S
                time.sleep(1)
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def healthy(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health").is_success
    except httpx.HTTPError:
        return False


def counters(address: str) -> dict[str, float]:
    """Sum the caches' counters over all engines."""
    lines = httpx.get(f"{address}/metrics").text.splitlines()
    names = [
        f"vllm:{cache}_cache_{what}_total"
        for cache in ("prefix", "mm")
        for what in ("queries", "hits")
    ]
    return {
        name: sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))
        for name in names
    }


def noise(seed: int) -> Picture:
    random = np.random.default_rng(seed)
    return Picture.from_pixels(random.integers(0, 256, (SIDE, SIDE, 3), np.uint8))


def thinker(url: str, **options: object) -> Thinker:
    # No seed: on a CPU, vLLM 0.32 dies of a seeded request whose prompt takes several steps.
    settled = {"model": "tiny", "temperature": 1.0, "seed": None, "max_retries": 0}
    return THINKERS.load("chat")(**{"base_url": f"{url}/v1", **settled, **options})


def request(turn: int, source: int = 0) -> ThinkRequest:
    edited = noise(1000 * source + turn + 1)
    return ThinkRequest(noise(source), edited, "make the sky orange", f"try {turn}", turn=turn)


async def test_random_weights_keep_to_the_schema(url: str) -> None:
    """Even random weights give a readable verdict when the server enforces the schema."""
    read = []
    for _ in range(3):
        try:
            read.append(await thinker(url).think(request(1)))
        except ReplyParseError as exc:
            assert "limit of tokens" in str(exc) or "prompt" in str(exc)
    assert read
    for thought in read:
        assert thought.semantic is not None
        assert 0 <= thought.semantic <= 10
        assert thought.usage.input_tokens > 2 * SOURCE_TOKENS


async def test_gives_the_probabilities_of_scores(url: str) -> None:
    scorings = set()
    for _ in range(3):
        try:
            scorings.add((await thinker(url, expected_scores=True).think(request(1))).scoring)
        except ReplyParseError:
            continue
    assert scorings <= {"expected", "stated"}
    assert scorings


async def test_eight_calls_at_once(url: str) -> None:
    mind = thinker(url, max_tokens=64)
    outcomes = await asyncio.gather(
        *(mind.think(request(turn)) for turn in range(8)), return_exceptions=True
    )
    assert all(isinstance(outcome, ReplyParseError) or outcome for outcome in outcomes)


async def test_the_source_comes_from_the_cache_from_turn_2_on(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mind = thinker(url, max_tokens=64, protocol="tags")
    hits = []
    for turn in range(1, 6):
        before = counters(url)
        with pytest.raises(ReplyParseError):  # random weights know no tags
            await mind.think(request(turn, source=50))
        after = counters(url)
        grown = {name: after[name] - before[name] for name in after}
        hits.append(
            (
                grown["vllm:prefix_cache_hits_total"],
                grown["vllm:prefix_cache_queries_total"],
                grown["vllm:mm_cache_hits_total"],
                grown["vllm:mm_cache_queries_total"],
            )
        )
    with capsys.disabled():
        for turn, (hit, asked, images_hit, images) in enumerate(hits, start=1):
            print(  # noqa: T201
                f"\nturn {turn}: {hit:.0f} of {asked:.0f} prompt tokens from the prefix cache "
                f"({hit / asked:.0%}), {images_hit:.0f} of {images:.0f} images"
            )
    whole_blocks = SOURCE_TOKENS // BLOCK_TOKENS * BLOCK_TOKENS
    # Each turn is two calls here, the second of which asks again and repeats the first.
    first = hits[0][0]
    assert all(hit[0] - first >= whole_blocks for hit in hits[1:])
