"""Work on photos in a page, without the page."""

from pathlib import Path
from typing import Any

import pytest

from editthinker.graph.context import EditContext
from editthinker.graph.desk import Desk, Sheet
from editthinker.graph.review import ReviewAnswer
from editthinker.graph.thinkers.base import Thought
from editthinker.graph.thinkers.scripted import ScriptedThinker
from editthinker.tools.editors.fake import FakeEditor
from editthinker.tools.errors import ConfigError, MediaError

PHOTO = str(Path(__file__).parents[3] / "tools/photos/cat.jpg")


def rising(turns: int) -> list[Thought]:
    return [Thought(2.0 + n, 9.0, f"thought {n + 1}", f"prompt {n + 2}") for n in range(turns)]


def desk(folder: Path, turns: int = 8) -> Desk:
    return Desk(folder, [FakeEditor()], ScriptedThinker(rising(turns)))


def read(path: str) -> bytes:
    return Path(path).read_bytes()


async def last(steps: Any) -> Sheet:
    sheets = [sheet async for sheet in steps]
    return sheets[-1]


async def test_turns_arrive_one_by_one(tmp_path: Path) -> None:
    seen = []
    async for sheet in desk(tmp_path).start(PHOTO, "warmer", EditContext(max_turns=3, patience=9)):
        seen.append(len(sheet.attempts))
    assert sheet.stop_reason == "max_turns" and sheet.best and sheet.best["turn"] == 3
    assert seen == sorted(seen) and {1, 2, 3} <= set(seen)
    assert sheet.doing == ""


async def test_history_survives_a_restart(tmp_path: Path) -> None:
    first = await last(desk(tmp_path).start(PHOTO, "warmer", EditContext(max_turns=1)))
    await last(desk(tmp_path).start(PHOTO, "colder", EditContext(max_turns=1)))
    again = desk(tmp_path)
    entries = await again.history()
    assert [entry.label for entry in entries] == ["colder", "warmer"]
    assert await again.open(first.thread) == first


async def test_a_person_takes_over_and_accepts_another_turn(tmp_path: Path) -> None:
    work = desk(tmp_path)
    sheet = await last(work.start(PHOTO, "warmer", EditContext(review=True)))
    assert sheet.waits and sheet.next_prompt == "prompt 2"
    again = Desk(tmp_path, [FakeEditor()], ScriptedThinker(rising(8)))
    assert (await again.open(sheet.thread)).waits
    answer = ReviewAnswer(action="prompt", prompt="much warmer")
    sheet = await last(again.answer(sheet.thread, answer))
    assert [a["prompt"] for a in sheet.attempts] == ["warmer", "much warmer"]
    sheet = await last(again.answer(sheet.thread, ReviewAnswer(action="accept", turn=1)))
    assert (sheet.stop_reason, sheet.chosen, sheet.waits) == ("accepted", (1, 0), False)


async def test_branches_from_any_turn_and_keeps_the_old_run(tmp_path: Path) -> None:
    work = desk(tmp_path)
    settings = EditContext(max_turns=3, patience=9)
    old = await last(work.start(PHOTO, "warmer", settings))
    new = await last(work.branch(old.thread, 1, "sepia"))
    assert new.thread != old.thread
    assert [a["prompt"] for a in new.attempts][:2] == ["warmer", "sepia"]
    assert new.attempts[1]["prompt_by"] == "person"
    assert new.attempts[0] == old.attempts[0]
    assert (await work.open(old.thread)) == old
    third = await last(work.branch(old.thread, 3, "sharper"))
    assert [a["turn"] for a in third.attempts] == [1, 2, 3, 4]


async def test_a_run_left_in_the_middle_goes_on_without_repeating(tmp_path: Path) -> None:
    editor = FakeEditor()
    work = Desk(tmp_path, [editor], ScriptedThinker(rising(8)))
    steps = work.start(PHOTO, "warmer", EditContext(max_turns=3, patience=9))
    async for sheet in steps:
        if len(sheet.attempts) == 2:
            break
    await steps.aclose()  # type: ignore[attr-defined]
    left = await work.open(sheet.thread)
    assert left.halted and left.attempts
    done = await last(work.resume(sheet.thread))
    assert [a["turn"] for a in done.attempts] == [1, 2, 3] and not done.halted
    assert len(editor.calls) <= 4


async def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    work = desk(tmp_path)
    with pytest.raises(ConfigError, match="instruction is empty"):
        await last(work.start(PHOTO, " ", EditContext()))
    with pytest.raises(MediaError):
        await last(work.start("/etc/passwd", "warmer", EditContext()))
    with pytest.raises(ConfigError, match="no run"):
        await work.open("nothing")


async def test_pictures_are_files_with_the_right_ending(tmp_path: Path) -> None:
    work = desk(tmp_path)
    sheet = await last(work.start(PHOTO, "warmer", EditContext(max_turns=1)))
    file = work.file_of(sheet.source)
    assert file.endswith(".jpg") and read(file) == read(PHOTO)
