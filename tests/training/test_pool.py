"""Pools: any benchmark or a folder, scored on one scale."""

import json
from pathlib import Path

import pytest
from small_evals import picture

from editthinker.evals.cells import TOOLS
from editthinker.evals.config import make_config
from editthinker.tools.errors import ConfigError
from editthinker.training.pool import load_pool, read_folder


def write_pool(folder: Path, count: int) -> Path:
    folder.mkdir()
    for at in range(count):
        (folder / f"{at:02}.png").write_bytes(picture(at))
        (folder / f"{at:02}.txt").write_text(f"edit {at}\n")
    return folder


def test_a_pool_of_lines_names_tasks_and_counts_a_wish_once(tmp_path: Path) -> None:
    folder = write_pool(tmp_path / "photos", 2)
    wish = {"image": "00.png", "instruction": "warmer", "task": "tone"}
    (folder / "instructions.jsonl").write_text(f"{json.dumps(wish)}\n\n{json.dumps(wish)}\n")
    (only,) = read_folder(folder)
    assert (only.category, only.instruction) == ("tone", "warmer")
    assert only.images[0].read() == (folder / "00.png").read_bytes()


@pytest.mark.parametrize(
    "line",
    [
        {"image": "../secret.png", "instruction": "warmer"},
        {"image": "01.png"},
        {"image": "none.png", "instruction": "warmer"},
        {"image": "00.png", "instruction": "warmer", "mood": "good"},
        "warmer",
    ],
)
def test_a_line_that_names_no_image_of_the_folder_is_refused(tmp_path: Path, line: object) -> None:
    folder = write_pool(tmp_path / "photos", 1)
    (tmp_path / "secret.png").write_bytes(picture(9))
    (folder / "instructions.jsonl").write_text(json.dumps(line))
    with pytest.raises(ConfigError, match=r"instructions\.jsonl:1"):
        list(read_folder(folder))


def test_a_text_beside_an_image_holds_one_wish_a_line(tmp_path: Path) -> None:
    folder = write_pool(tmp_path / "photos", 2)
    (folder / "00.txt").write_text("warmer\n\n brighter \nwarmer\n")
    (folder / "01.txt").unlink()
    found = list(read_folder(folder))
    assert [sample.instruction for sample in found] == ["warmer", "brighter"]
    assert len({sample.key for sample in found}) == 2


def test_ids_of_a_folder_do_not_move_when_wishes_are_added(tmp_path: Path) -> None:
    folder = write_pool(tmp_path / "photos", 2)
    before = {sample.instruction: sample.key for sample in read_folder(folder)}
    (folder / "00.txt").write_text("first of all\nedit 0\n")
    after = {sample.instruction: sample.key for sample in read_folder(folder)}
    assert {words: after[words] for words in before} == before


def test_every_pool_without_a_program_is_scored_by_the_same_two_questions(tmp_path: Path) -> None:
    data = tmp_path / "imgedit"
    data.mkdir()
    (data / "0.png").write_bytes(picture(0))
    entry = {"0": {"id": "0.png", "prompt": "edit", "edit_type": "style"}}
    (data / "basic_edit.json").write_text(json.dumps(entry))
    given = {"benchmark": "imgedit", "data_dir": data, "judge": "gpt-4.1"}
    pool = load_pool(make_config(given))
    assert (pool.scorer.name, pool.has_program, pool.targets) == ("gedit", False, {})
    folder = write_pool(tmp_path / "photos", 1)
    own = load_pool(make_config({"benchmark": "folder", "data_dir": folder}))
    assert own.scorer.name == "gedit"


def test_a_program_judges_its_own_benchmark_unless_a_model_is_named() -> None:
    program = load_pool(make_config({"benchmark": "pocket", "limit": 3}))
    assert program.scorer.name == "pocket"
    assert set(program.targets) == {sample.key for sample in program.samples}
    model = load_pool(make_config({"benchmark": "pocket", "limit": 3, "judge": "gpt-4.1"}))
    assert model.scorer.name == "gedit"


def test_a_folder_can_be_judged_offline(tmp_path: Path) -> None:
    folder = write_pool(tmp_path / "photos", 1)
    config = make_config({"benchmark": "folder", "data_dir": folder, "judge": "observer"})
    judge = TOOLS.judge(config, False)
    assert judge is not None
    assert judge.name == "observer"


def test_samples_of_several_images_are_left_out_and_counted(tmp_path: Path) -> None:
    for category, images in (
        ("color_change", "a.png"),
        ("temporal_prediction", ["a.png", "b.png"]),
    ):
        folder = tmp_path / category
        folder.mkdir()
        for name in ("a.png", "b.png"):
            (folder / name).write_bytes(picture(1))
        entry = {"ori_img": images, "gt_img": "", "ins_en": "go on", "explain_en": ""}
        (folder / "annotation.json").write_text(json.dumps({"1": entry}))
    given = {"benchmark": "kris", "data_dir": tmp_path, "judge": "gpt-4.1"}
    pool = load_pool(make_config(given))
    assert [sample.category for sample in pool.samples] == ["color_change"]
    assert pool.several_images == 1


def test_a_pool_without_a_wish_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture(0))
    with pytest.raises(ConfigError, match="no image with an instruction"):
        load_pool(make_config({"benchmark": "folder", "data_dir": tmp_path}))
