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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from editthinker.graph.thinkers.base import THINKERS, Thinker, ThinkRequest
from editthinker.graph.thinkers.conversation import TagsWording
from editthinker.graph.thinkers.prompts import load_prompt
from editthinker.tools.blobs import BlobStore
from editthinker.tools.cli import build_app
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
    with serving(folder) as address:
        yield address


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a checkpoint as `tiny`, by our command."""
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


def noise(seed: int, side: int = SIDE) -> Picture:
    random = np.random.default_rng(seed)
    return Picture.from_pixels(random.integers(0, 256, (side, side, 3), np.uint8))


def thinker(url: str, **options: object) -> Thinker:
    # No seed: on a CPU, vLLM 0.32 dies of a seeded request whose prompt takes several steps.
    settled = {"model": "tiny", "temperature": 1.0, "seed": None, "max_retries": 0}
    return THINKERS.load("chat")(**{"base_url": f"{url}/v1", **settled, **options})


def request(turn: int, source: int = 0) -> ThinkRequest:
    edited = noise(1000 * source + turn + 1)
    return ThinkRequest(noise(source), edited, "make the sky orange", f"try {turn}", turn=turn)


def train(*arguments: str) -> None:
    done = CliRunner().invoke(build_app(["train"]), ["train", *arguments])
    assert done.exit_code == 0, done.output


def data_of(asked: Sequence[ThinkRequest], folder: Path) -> Path:
    """Write a data set in which every request has the same reply."""
    from editthinker.training.dataset_folder import DATASET, write_dataset
    from editthinker.training.samples import StepSample, make_row

    blobs = BlobStore(str(folder / "blobs"))
    rows = []
    for at, each in enumerate(asked):
        sample = StepSample(
            trajectory=f"t{at}",
            task="tone",
            turn=each.turn,
            instruction=each.instruction,
            prompt_before=each.prompt,
            notes=(),
            source=blobs.put_image(each.source.data),
            edited=blobs.put_image(each.edited.data),
            semantic=3,
            quality=9,
            reasoning="Dim.",
            answer="make the sky a deep orange",
            final=False,
        )
        rows.append(make_row(sample, blobs, TagsWording(), 1.0))
    write_dataset({"sft": rows}, folder / DATASET)
    return folder


async def test_what_was_trained_merged_and_exported_is_served(tmp_path: Path) -> None:
    """SFT, adapters on its result, export, vLLM, and our thinker, each by the user's command."""
    pytest.importorskip("trl")
    pytest.importorskip("peft")
    from tiny_qwen3_vl import build_tiny_qwen3_vl
    from tiny_training import sft_recipe

    from editthinker.training.recipe import Lora, write_recipe

    asked = [
        ThinkRequest(noise(at, 64), noise(at + 9, 64), "make the sky orange", f"try {at}", turn=1)
        for at in range(4)
    ]
    data = data_of(asked, tmp_path / "data")
    reply = "Dim. make the sky a deep orange"
    tiny = build_tiny_qwen3_vl(
        tmp_path / "tiny", texts=[reply, load_prompt("tags")] * 3, vocabulary=900
    )
    whole = sft_recipe(tiny, max_steps=150, save_strategy="no")
    adapted = sft_recipe(tmp_path / "sft" / "model", max_steps=2, save_steps=2, learning_rate=1e-4)
    recipes = {"sft": whole, "lora": adapted.model_copy(update={"lora": Lora(rank=2, alpha=4)})}
    for name, recipe in recipes.items():
        file = tmp_path / f"{name}.yaml"
        write_recipe(recipe, file)
        train("sft", str(file), "--data", str(data), "--out", str(tmp_path / name))
    exported = tmp_path / "exported"
    train("export", str(tmp_path / "lora" / "checkpoint-2"), "--out", str(exported))
    with serving(exported) as address:
        options = {"model": "tiny", "temperature": 0, "seed": None, "max_retries": 0}
        mind = THINKERS.load("editthinker-8b")(base_url=f"{address}/v1", **options)
        for each in asked:
            thought = await mind.think(each)
            assert (thought.semantic, thought.quality) == (3, 9)
            assert thought.refined_prompt == "make the sky a deep orange"
            assert thought.repairs == ()


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
