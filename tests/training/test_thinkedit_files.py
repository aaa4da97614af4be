"""The released files are written as they are known, and read with their quirks."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

datasets = pytest.importorskip("datasets")

from small_evals import picture  # noqa: E402

from editthinker.graph.thinkers.conversation import TagsWording  # noqa: E402
from editthinker.graph.thinkers.prompts import fill  # noqa: E402
from editthinker.tools.blobs import BlobStore  # noqa: E402
from editthinker.tools.errors import ConfigError  # noqa: E402
from editthinker.training.data_build import DataFolder  # noqa: E402
from editthinker.training.released_import import import_released  # noqa: E402
from editthinker.training.samples import Row, StepSample, make_row  # noqa: E402
from editthinker.training.thinkedit_files import (  # noqa: E402
    Reader,
    read_rl,
    read_sft,
    write_rl,
    write_sft,
)

TEMPLATE = "<image><image>\nWanted: {original_instruction}\nTold: {rewritten_prompt}\nJudge."


def reply(answer: str) -> str:
    scores = '{"semantic": 5, "quality": 8}'
    return f"<think>half done</think>\n<score>{scores}</score>\n<answer>{answer}</answer>"


def rows(blobs: BlobStore, notes: tuple[str, ...] = ()) -> list[Row]:
    made = []
    for at in range(3):
        sample = StepSample(
            trajectory=f"t{at}",
            task="tone",
            turn=1,
            instruction=f'make "it" {{warmer}} {at}\n<<< or not',
            prompt_before="warmer, please",
            notes=notes,
            source=blobs.put_image(picture(at)),
            edited=blobs.put_image(picture(at + 50)),
            semantic=5.0,
            quality=8.0,
            reasoning="Half done é.",
            answer="warmer, please" if at == 2 else "much warmer",
            final=at == 2,
        )
        made.append(make_row(sample, blobs, TagsWording(), 1.0))
    return made


@pytest.mark.parametrize("notes", [(), ("grain was added", "nothing else")])
def test_conversations_that_are_written_are_read_back(
    tmp_path: Path, notes: tuple[str, ...]
) -> None:
    blobs = BlobStore(tmp_path / "blobs")
    before = rows(blobs, notes)
    assert write_sft(before, tmp_path / "out") == 3
    dropped: Counter[str] = Counter()
    reader = Reader(tmp_path / "out", blobs)
    after = list(read_sft(tmp_path / "out" / "sft_train.json", reader, dropped))
    assert not dropped
    unknown = {"id": "", "trajectory": "", "task": "other"}
    assert [{**row, **unknown} for row in after] == [{**row, **unknown} for row in before]


def test_conversations_have_the_released_shape(tmp_path: Path) -> None:
    write_sft(rows(BlobStore(tmp_path / "blobs")), tmp_path)
    records = json.loads((tmp_path / "sft_train.json").read_text())
    for record in records:
        assert set(record) == {"messages", "images"}
        user, assistant = record["messages"]
        assert (user["role"], assistant["role"]) == ("user", "assistant")
        assert user["content"].startswith("<image><image>")
        assert user["content"].count("<image>") == len(record["images"]) == 2
        assert all((tmp_path / path).is_file() for path in record["images"])
        assert assistant["content"].startswith("<think>")


def test_steps_that_are_written_are_read_back(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path / "blobs")
    before = rows(blobs)
    assert write_rl(before, tmp_path) == 3
    first = json.loads((tmp_path / "rl_train.jsonl").read_text().splitlines()[0])
    assert set(first) == {
        *("origin_prompt", "rewritten_prompt", "origin_image_path", "edited_image_path"),
        "evaluation",
    }
    assert first["evaluation"] == {"semantics": 5.0, "quality": 8.0}
    dropped: Counter[str] = Counter()
    after = list(read_rl(tmp_path / "rl_train.jsonl", Reader(tmp_path, blobs), dropped))
    same = ("images", "prompt", "instruction", "prompt_before", "semantic", "quality")
    for old, new in zip(before, after, strict=True):
        assert {name: old[name] for name in same} == {name: new[name] for name in same}
        assert new["completion"] == []


def released(tmp_path: Path) -> Path:
    """Write files as someone else would: another template, images in a folder of their own."""
    folder, images = tmp_path / "released", tmp_path / "pictures" / "deep"
    folder.mkdir()
    images.mkdir(parents=True)
    for at in range(4):
        (images / f"{at}.png").write_bytes(picture(at))
    asked = fill(TEMPLATE, {"original_instruction": "red mug", "rewritten_prompt": "a red mug"})
    question = {"role": "user", "content": asked}
    good = {
        "messages": [question, {"role": "assistant", "content": reply("an all red mug")}],
        "images": ["deep/0.png", "deep/1.png"],
    }
    older = {
        "conversations": [
            {"from": "human", "value": asked},
            {"from": "gpt", "value": reply("a red mug")},
        ],
        "images": ["deep/0.png", str(images / "2.png")],
    }
    unread = {**good, "messages": [question, {"role": "assistant", "content": "fine"}]}
    bad = [{**good, "images": ["deep/0.png"]}, {**good, "images": ["gone.png"] * 2}, unread, 7]
    (folder / "sft_train.json").write_text(json.dumps([good, older, *bad]))
    line = {
        "origin_prompt": "red mug",
        "rewritten_prompt": "a red mug",
        "origin_image_path": "deep/0.png",
        "edited_image_path": "deep/3.png",
        "evaluation": {"semantics": "7", "quality": 8.5},
    }
    singular = {**line, "evaluation": {"semantic": 2, "quality": 3}}
    wrong: list[Any] = [{**line, "evaluation": {"semantics": 11, "quality": 1}}, {}, 3]
    text = "\n".join(json.dumps(each) for each in (line, singular, *wrong))
    (folder / "rl_train.jsonl").write_text(f"{text}\nnot json\n")
    return folder


def test_files_of_others_are_read_with_their_quirks(tmp_path: Path) -> None:
    source = released(tmp_path)
    template = tmp_path / "template.txt"
    template.write_text(TEMPLATE)
    out = DataFolder(tmp_path / "data")
    built = import_released(
        source, out, image_dir=tmp_path / "pictures", template=template, licence="MIT"
    )
    assert built.rows == {"sft": 2, "rl": 2}
    sft, rl = built.ledger.filters
    assert sft.dropped == {
        "of another shape": 1,
        "whose image cannot be read": 1,
        "whose marks are not those of two images": 1,
        "whose reply cannot be read": 1,
    }
    assert rl.dropped == {"of another shape": 3, "without scores": 1}
    data = datasets.load_from_disk(str(out.dataset))
    first, second = data["sft"]
    assert (first["instruction"], first["prompt_before"]) == ("red mug", "a red mug")
    assert (first["answer"], first["final"]) == ("an all red mug", False)
    assert (second["answer"], second["final"]) == ("a red mug", True)
    assert [part["type"] for part in first["prompt"][0]["content"]] == ["image", "image", "text"]
    assert [(r["semantic"], r["quality"]) for r in data["rl"]] == [(7.0, 8.5), (2.0, 3.0)]
    assert "Told: a red mug" in data["rl"][0]["prompt"][0]["content"][2]["text"]
    assert "Pool: MIT." in (out.dataset / "README.md").read_text()


def test_a_wrong_image_folder_is_named(tmp_path: Path) -> None:
    source = released(tmp_path)
    for name in ("sft_train.json", "rl_train.jsonl"):
        text = (source / name).read_text().replace(str(tmp_path / "pictures"), "nowhere")
        (source / name).write_text(text)
    with pytest.raises(ConfigError, match="--image-dir"):
        import_released(source, DataFolder(tmp_path / "data"))


def test_a_message_of_an_unknown_template_is_kept_without_its_parts(tmp_path: Path) -> None:
    source = released(tmp_path)
    reader = Reader(tmp_path / "pictures", BlobStore(tmp_path / "blobs"))
    first = next(read_sft(source / "sft_train.json", reader, Counter()))
    assert (first["instruction"], first["prompt_before"], first["final"]) == ("", "", False)
    assert first["answer"] == "an all red mug"
