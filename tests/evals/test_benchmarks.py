"""Data sets of the exact official shape, official places, and official judge files."""

import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
from small_evals import picture

from editthinker.evals.aggregate import aggregate
from editthinker.evals.benchmarks.base import BENCHMARKS, Ask, Benchmark, Evidence, Sample
from editthinker.evals.formula import Compat
from editthinker.evals.imported import import_scores
from editthinker.evals.sampling import stratified
from editthinker.evals.scores import ScoreLine
from editthinker.tools.errors import ConfigError
from editthinker.tools.images import Picture


def benchmark(name: str) -> Benchmark:
    return BENCHMARKS.load(name)()


def load(name: str, folder: Path) -> list[Sample]:
    return list(benchmark(name).load(folder))


def save(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture(seed))


def asks(name: str, sample: Sample, seeds: tuple[int, ...] = (1,), **hidden: int) -> list[Ask]:
    pictures = tuple(Picture.from_bytes(picture(seed)) for seed in seeds)
    edited = Picture.from_bytes(picture(99))
    shown = {key: Picture.from_bytes(picture(seed)) for key, seed in hidden.items()}
    return benchmark(name).asks(sample, Evidence(pictures, edited, shown))


def test_imgedit_reads_the_metadata_of_git_and_of_the_archive(tmp_path: Path) -> None:
    entry = {"id": "animal/1.jpg", "prompt": "add a hat", "edit_type": "alter"}
    save(tmp_path / "git" / "animal" / "1.jpg", 1)
    (tmp_path / "git" / "basic_edit.json").write_text(json.dumps({"22": entry}))
    save(tmp_path / "tar" / "Benchmark" / "singleturn" / "animal" / "1.jpg", 1)
    nested = tmp_path / "tar" / "Benchmark" / "singleturn" / "singleturn.json"
    nested.write_text(json.dumps({"22": entry}))
    (tmp_path / "both" / "Basic").mkdir(parents=True)
    (tmp_path / "both" / "Basic" / "basic_edit.json").write_text(json.dumps({"22": entry}))
    save(tmp_path / "both" / "singleturn" / "animal" / "1.jpg", 1)
    for folder in ("git", "tar", "both"):
        (sample,) = load("imgedit", tmp_path / folder)
        assert (sample.id, sample.instruction) == ("22", "add a hat")
        assert sample.images[0].read() == picture(1)
    (ask,) = asks("imgedit", sample)
    assert ask.rubric == "imgedit_adjust"
    assert benchmark("imgedit").places(sample)[0] == "22.png"


def test_an_image_may_not_lead_out_of_the_data(tmp_path: Path) -> None:
    save(tmp_path / "secret.png", 1)
    (tmp_path / "data").mkdir()
    entry = {"1": {"id": "../secret.png", "prompt": "x", "edit_type": "add"}}
    (tmp_path / "data" / "basic_edit.json").write_text(json.dumps(entry))
    with pytest.raises(ConfigError, match="outside"):
        load("imgedit", tmp_path / "data")


def rise_entry(category: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "index": f"{category}_{number}",
        "category": category,
        "instruction": "what comes next?",
        "image": f"{category}/{number}.png",
        "reference": "it melts",
        "reference_img": "",
        **more,
    }


def write_rise(folder: Path, entries: list[dict[str, Any]]) -> list[Sample]:
    for at, entry in enumerate(entries):
        save(folder / "data" / entry["image"], at)
        if entry["reference_img"]:
            save(folder / "data" / entry["reference_img"], 50 + at)
    (folder / "datav2_total_w_subtask.json").write_text(json.dumps(entries))
    return load("rise", folder)


def rubrics(found: list[Ask]) -> list[tuple[str, int]]:
    return [(ask.rubric.removeprefix("rise_"), len(ask.pictures)) for ask in found]


def test_rise_asks_what_the_kind_and_its_references_need(tmp_path: Path) -> None:
    samples = write_rise(
        tmp_path,
        [
            rise_entry("temporal_reasoning", 1),
            rise_entry("causal_reasoning", 2, reasoning_img=True),
            rise_entry("spatial_reasoning", 3, reference_img="r.png", consistency_free=True),
            rise_entry("logical_reasoning", 4, reference_txt="draw X", reference=""),
            rise_entry("logical_reasoning", 5, reference="", reference_img="r5.png"),
        ],
    )
    plain, image, spatial, text, puzzle = samples
    assert rubrics(asks("rise", plain)) == [
        ("consistency", 2),
        ("reasoning", 1),
        ("plausibility", 1),
    ]
    assert rubrics(asks("rise", image))[1] == ("reasoning", 2)
    assert rubrics(asks("rise", spatial, reference=52)) == [("reasoning", 2), ("plausibility", 1)]
    assert spatial.line({"reasoning": 5, "plausibility": 5}).consistency_free
    assert rubrics(asks("rise", text)) == [("logical_consistency", 2), ("logical_reasoning", 1)]
    assert rubrics(asks("rise", puzzle, reference=54)) == [
        ("logical_consistency", 2),
        ("logical_reasoning", 2),
    ]
    assert all(ask.temperature == 0 for ask in asks("rise", plain))
    assert "it melts" in plain.hidden.texts.values()
    assert benchmark("rise").places(plain)[0] == (
        "images/temporal_reasoning/temporal_reasoning_1.png"
    )


def write_kris(folder: Path, category: str, entry: dict[str, Any]) -> Sample:
    images = entry["ori_img"]
    for at, name in enumerate(images if isinstance(images, list) else [images]):
        save(folder / category / name, at)
    if entry.get("gt_img"):
        save(folder / category / entry["gt_img"], 70)
    (folder / category / "annotation.json").write_text(json.dumps({"7": entry}))
    return next(s for s in load("kris", folder) if s.category == category)


def test_kris_orders_the_frames_around_the_generated_one(tmp_path: Path) -> None:
    entry = {
        "ori_img": ["7-1.png", "7-2.png", "7-4.png"],
        "gt_img": "7-3.png",
        "ins_en": "make the third frame",
        "explain_en": "",
    }
    sample = write_kris(tmp_path, "temporal_prediction", entry)
    found = asks("kris", sample, (1, 2, 4))
    assert [ask.rubric for ask in found] == ["kris_consistency", "kris_temporal", "kris_quality"]
    captions = [shown.caption for shown in found[1].pictures]
    assert captions == ["frame 1", "frame 2", "frame 3 (generated)", "frame 4"]
    assert [len(sample.images), len(found[2].pictures)] == [3, 1]


def test_kris_uses_the_keys_and_prompts_that_the_official_scripts_miss(tmp_path: Path) -> None:
    entry = {"ori_img": "7.JPG", "ins_en": "mend it", "explain_en": "fish swim"}
    sample = write_kris(tmp_path, "anomaly_correction", entry)
    found = asks("kris", sample)
    assert found[1].rubric == "kris_anomaly"
    assert found[1].values == {"instruction": "mend it", "explanation": "fish swim"}
    assert benchmark("kris").places(sample) == (
        "anomaly_correction/7.jpg",
        "anomaly_correction/7.png",
    )


def test_kris_shows_the_truth_of_another_viewpoint_last(tmp_path: Path) -> None:
    entry = {"ori_img": "7.png", "gt_img": "t.png", "ins_en": "from above", "explain_en": ""}
    sample = write_kris(tmp_path, "viewpoint_change", entry)
    found = asks("kris", sample, truth=70)
    assert [shown.caption for shown in found[1].pictures][-1] == "ground truth"
    assert all("truth" not in shown.caption for shown in found[0].pictures)


def test_kris_knowledge_is_asked_together_with_the_instruction(tmp_path: Path) -> None:
    entry = {"ori_img": "7.png", "gt_img": "", "ins_en": "let it rust", "explain_en": "iron oxide"}
    found = asks("kris", write_kris(tmp_path, "chemistry", entry))
    assert found[1].names == ("instruction", "knowledge")
    scores = found[1].parse('{"instruction_score": 4, "knowledge_score": 2}')
    assert scores == {"instruction": [4], "knowledge": [2]}


def test_gedit_reads_rows_of_the_hub_with_encoded_images(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    image = {"bytes": picture(3), "path": "a.png"}
    row = {
        "task_type": "ps_human",
        "instruction": "smile",
        "input_image_raw": image,
        "Intersection_exist": True,
        "input_image": image,
    }
    rows = [
        {**row, "key": "a", "instruction_language": "en"},
        {**row, "key": "b", "instruction_language": "cn", "Intersection_exist": False},
    ]
    table = arrow.Table.from_pylist(rows)
    kinds = {
        name: {"dtype": "bool" if name.endswith("exist") else "string", "_type": "Value"}
        for name in table.column_names
    }
    kinds |= {name: {"_type": "Image"} for name in ("input_image", "input_image_raw")}
    about = json.dumps({"info": {"features": kinds}})
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "train-00000-of-00001.parquet"
    parquet.write_table(table.replace_schema_metadata({"huggingface": about}), path)
    first, second = load("gedit", tmp_path)
    assert (first.id, first.language, first.intersection) == ("a", "en", True)
    assert (second.language, second.intersection) == ("cn", False)
    assert first.images[0].read() == picture(3)
    assert benchmark("gedit").places(first) == ("fullset/ps_human/en/a.png",)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("imgedit", ["Benchmark.tar"]),
        ("rise", ["data.zip", "datav2_total_w_subtask.json"]),
        ("kris", ["KRIS_Bench.zip"]),
    ],
)
def test_only_the_benchmarks_own_files_are_fetched_from_the_hub(
    name: str, files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = pytest.importorskip("huggingface_hub")
    asked: list[dict[str, Any]] = []

    def offline(hub_id: str, **given: Any) -> str:
        asked.append(given)
        raise OSError("no network")

    monkeypatch.setattr(hub, "snapshot_download", offline)
    with pytest.raises(ConfigError, match="give --data-dir"):
        list(benchmark(name).load(None))
    # ImgEdit's repository holds its training set too, a million images.
    assert sorted(asked[0]["allow_patterns"]) == files


def test_an_archive_of_the_hub_is_unpacked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = pytest.importorskip("huggingface_hub")
    entry = {"index": "causal_reasoning_1", "category": "causal_reasoning", "image": "c/1.png"}
    save(tmp_path / "packed" / "data" / "c" / "1.png", 5)
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    shutil.make_archive(str(snapshot / "data"), "zip", tmp_path / "packed")
    text = json.dumps([{**entry, "instruction": "x", "reference": "y"}])
    (snapshot / "datav2_total_w_subtask.json").write_text(text)
    monkeypatch.setattr(hub, "snapshot_download", lambda hub_id, **given: str(snapshot))
    for _ in range(2):
        (sample,) = benchmark("rise").load(None)
        assert sample.images[0].read() == picture(5)


@pytest.mark.parametrize("name", ["imgedit", "rise", "kris"])
def test_a_wrong_folder_is_one_clear_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds n"):
        load(name, tmp_path)


def imported(name: str, folder: Path, compat: str = "strict") -> list[dict[str, Any]]:
    return [json.loads(line) for line in import_scores(benchmark(name), folder, compat)]


def test_gedit_tables_of_the_official_script_are_read(tmp_path: Path) -> None:
    (tmp_path / "m_ps_human_gpt_score.csv").write_text(
        "source_image,edited_image,instruction,sementics_score,quality_score,"
        "intersection_exist,instruction_language\n"
        "x/k_SRCIMG.png,x/k.png,smile,8,7,True,en\n"
    )
    (tmp_path / "m_combined_gpt_score.csv").write_text("sementics_score\n9\n")
    (line,) = imported("gedit", tmp_path)
    assert (line["id"], line["category"], line["intersection"]) == ("k", "ps_human", True)
    assert line["scores"] == {"semantics": 8, "quality": 7}


@pytest.mark.parametrize("compat", ["strict", "official"])
def test_imported_gedit_tables_can_be_aggregated(tmp_path: Path, compat: Compat) -> None:
    (tmp_path / "m_ps_human_gpt_score.csv").write_text(
        "source_image,edited_image,instruction,sementics_score,quality_score,"
        "intersection_exist,instruction_language\n"
        "x/k_SRCIMG.png,x/k.png,smile,9.0,4,True,en\n"
        "x/l_SRCIMG.png,x/l.png,smile,,4,True,en\n"
    )
    lines = [ScoreLine.model_validate(line) for line in imported("gedit", tmp_path)]
    result = aggregate("gedit", benchmark("gedit"), lines, compat=compat, max_failed=0.5)
    assert (result.n_scored, result.n_unparsed) == (1, 1)
    assert result.tables["en/full"].categories["ps_human"]["O"].value == 6


def write_rise_replies(path: Path) -> None:
    replies = {
        "temporal_reasoning_1": {
            "judge1": "Final Score: 4",
            "judge2": "**Final Score:** 5",
            "judge3": "final score: 3",
        },
        "spatial_reasoning_7": {
            "judge1": None,
            "judge2": "Final Score: 5",
            "judge3": "Final Score: 5",
        },
        "logical_reasoning_2": {"judge1": "Final Score: 1", "judge2": "Failed to obtain answer"},
    }
    if path.suffix == ".json":
        path.write_text(json.dumps(replies))
    else:
        path.write_bytes(pickle.dumps(replies))


@pytest.mark.parametrize("name", ["m.pkl", "m_judge.json"])
@pytest.mark.parametrize("compat", ["strict", "official"])
def test_rise_replies_of_the_official_script_are_read(
    tmp_path: Path, name: str, compat: Compat
) -> None:
    write_rise_replies(tmp_path / name)
    found = {line["id"]: line for line in imported("rise", tmp_path, compat)}
    first = found["temporal_reasoning_1"]
    assert first["category"] == "temporal_reasoning"
    assert first["scores"] == {"consistency": 4, "reasoning": 5, "plausibility": 3}
    # What the script did not ask is not what it could not read.
    assert found["spatial_reasoning_7"]["scores"] == {"reasoning": 5, "plausibility": 5}
    assert found["spatial_reasoning_7"]["consistency_free"]
    assert found["logical_reasoning_2"]["scores"] == {"consistency": 1, "reasoning": None}


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return Path.touch, (tmp_path / "harmed",)  # type: ignore[return-value]

    (tmp_path / "m.pkl").write_bytes(pickle.dumps({"temporal_reasoning_1": Harm()}))
    with pytest.raises(ConfigError, match="cannot be read"):
        imported("rise", tmp_path)
    assert not (tmp_path / "harmed").exists()


def test_imgedit_replies_are_read_strictly_or_as_officially(tmp_path: Path) -> None:
    data = {str(n): {"id": f"{n}.png", "prompt": "x", "edit_type": "add"} for n in (1, 2, 3)}
    (tmp_path / "basic_edit.json").write_text(json.dumps(data))
    replies = {"1": "Good.\nA: 5\nB: 4\nC: 3", "2": "A: 5\nB: 4.5\nC: 3"}
    (tmp_path / "result.json").write_text(json.dumps(replies))
    strict = [line["scores"] for line in imported("imgedit", tmp_path)]
    assert strict == [{"scores": [5, 4, 3]}, {"scores": None}, None]
    official = [line["scores"] for line in imported("imgedit", tmp_path, "official")]
    assert official[1] == {"scores": [5, 3]}


def test_kris_metrics_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "model" / "biology"
    folder.mkdir(parents=True)
    entry = {"consistency_score": 5, "quality_score": 4, "instruction_score": None}
    (folder / "metrics.json").write_text(json.dumps({"7": entry}))
    (line,) = imported("kris", tmp_path)
    assert line["category"] == "biology"
    assert line["scores"]["instruction"] is None


def test_a_stratified_sample_keeps_shares_and_is_repeatable() -> None:
    samples = [Sample(str(n), "a" if n < 80 else "b", "x", ()) for n in range(100)]
    chosen = stratified(samples, 10, seed=1)
    assert [s.category for s in chosen].count("a") == 8
    assert chosen == stratified(samples, 10, seed=1) != stratified(samples, 10, seed=2)
    assert set(map(id, chosen)) <= set(map(id, stratified(samples, 20, seed=1)))
    assert stratified(samples, 1000, seed=1) == samples


def test_gedit_reads_a_folder_that_save_to_disk_wrote(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    image = {"bytes": picture(3), "path": None}
    columns: dict[str, list[object]] = {
        "task_type": ["ps_human"],
        "key": ["a"],
        "instruction": ["smile"],
        "instruction_language": ["en"],
        "Intersection_exist": [True],
        "input_image": [image],
        "input_image_raw": [image],
    }
    rows = datasets.Dataset.from_dict(columns)
    for name in ("input_image", "input_image_raw"):
        rows = rows.cast_column(name, datasets.Image())
    rows.save_to_disk(tmp_path / "rows")
    datasets.DatasetDict({"train": rows}).save_to_disk(tmp_path / "splits")
    (tmp_path / "bare").mkdir()
    for file in (tmp_path / "rows").glob("*.arrow"):
        shutil.copy(file, tmp_path / "bare")
    for folder in ("rows", "splits", "bare"):
        (sample,) = load("gedit", tmp_path / folder)
        assert (sample.id, sample.category, sample.intersection) == ("a", "ps_human", True)
        assert sample.images[0].read() == picture(3)
