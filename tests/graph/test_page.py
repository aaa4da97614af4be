"""The page of a run, without a browser: what it says, and that it holds nothing unsafe."""

import base64
import hashlib
import io
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from PIL import Image

from editthinker.graph.attempts import MAX_REASONING
from editthinker.graph.context import EditContext
from editthinker.graph.page import render_page
from editthinker.graph.page.markup import tag
from editthinker.graph.page.preview import make_preview
from editthinker.graph.page.prompt_diff import diff_prompts
from editthinker.graph.page.verdict import explain_choice, judge_run
from editthinker.graph.record import RunRecord, record_run
from editthinker.tools.blobs import BlobStore
from editthinker.tools.images import ImageRef, Picture

HOSTILE = (
    "</script></style><img src=x onerror=alert(1)>\"' $title {rewritten_prompt} &lt; "
    "\u202eevil\x07 שלום <!-- ]]> javascript:alert(2)"
)


class Page(HTMLParser):
    """The elements of a page and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, name: str, given: list[tuple[str, str | None]]) -> None:
        self.elements.append((name, {k: v or "" for k, v in given}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, name: str, class_: str = "") -> list[dict[str, str]]:
        return [
            given
            for element, given in self.elements
            if element == name and set(class_.split()) <= set(given.get("class", "").split())
        ]


Make = Callable[..., RunRecord]


@pytest.fixture
def make(attempt: Any, blobs: BlobStore, photo: ImageRef) -> Make:
    """Make the record of a run from its attempts."""

    def make_record(
        *attempts: dict[str, Any],
        chosen: tuple[int, int] | None = (1, 0),
        stop: str = "max_turns",
        **more: Any,
    ) -> RunRecord:
        settings = EditContext(**more.pop("settings", {})).model_dump(mode="json")
        filled = [attempt(**{"image": photo, **given}) for given in attempts]
        state: Any = {
            "instruction": more.pop("instruction", "make it warmer"),
            "source": photo,
            "attempts": filled,
            "chosen": chosen,
            "stop_reason": stop,
            "settings": {**settings, "editors": ["a"], "thinker": "observer"},
            "error": more.pop("error", None),
        }
        return record_run(state, result_file="result.png", **more)

    return make_record


@pytest.fixture
def read(blobs: BlobStore) -> Callable[[RunRecord], Page]:
    return lambda record: Page(render_page(record, blobs))


@pytest.mark.parametrize("as_scored", [True, False])
def test_hostile_words_stay_words(
    make: Make, read: Callable[[RunRecord], Page], blobs: BlobStore, as_scored: bool
) -> None:
    scores = {} if as_scored else {"semantic": None, "quality": None, "failure": "unparsable"}
    hostile = {
        "prompt": HOSTILE,
        "editor": HOSTILE,
        "reasoning": HOSTILE,
        "notes": [HOSTILE],
        "error": HOSTILE,
        "repairs": [HOSTILE],
        **scores,
    }
    second = {**hostile, "turn": 2, "prompt": f"{HOSTILE} again"}
    record = make(hostile, second, instruction=HOSTILE, error=HOSTILE, source_note=HOSTILE)
    record = record.model_copy(
        update={
            "source_file": f"{HOSTILE}.jpg".replace("/", ""),
            "settings": {**record.settings, "thinker": HOSTILE, HOSTILE: [HOSTILE]},
            "versions": {HOSTILE: HOSTILE},
        }
    )
    assert record.result is not None
    named = record.result.model_copy(update={"file": f"javascript:{HOSTILE}"})
    html = render_page(record.model_copy(update={"result": named}), blobs)
    page, plain = Page(html), read(make({}, {"turn": 2}))
    assert [e for e, _ in page.elements if e in ("script", "style")] == ["style", "script"]
    assert {e for e, _ in page.elements} <= {e for e, _ in plain.elements} | {"strong", "ins", "p"}
    assert not [k for _, given in page.elements for k in given if k.startswith("on")]
    assert not [a for a in page.all("a") if a["href"].startswith("javascript")]
    assert not re.search("[\u202e\x07]", html)
    assert page.text.count("<img src=x onerror=alert(1)>") > 10


def test_needs_nothing_but_itself(make: Make, read: Callable[[RunRecord], Page]) -> None:
    page = read(make({}, {"turn": 2}))
    for _, given in page.elements:
        assert given.get("src", "data:").startswith("data:")
        assert re.match(r"data:|#t\d+c\d+$|run\.json$|\./result\.png$", given.get("href", "#t1c0"))
        assert "style" not in given
    assert "url(" not in page.text and "@import" not in page.text and "http" not in page.text


def test_its_policy_allows_its_own_style_and_script_and_no_other(
    make: Make, blobs: BlobStore
) -> None:
    html = render_page(make({}), blobs)
    [policy] = [m["content"] for m in Page(html).all("meta") if "http-equiv" in m]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    for kind in ("style", "script"):
        [body] = re.findall(f"<{kind}>(.*?)</{kind}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_a_link_of_the_plot_leads_to_each_card(
    make: Make, read: Callable[[RunRecord], Page]
) -> None:
    page = read(make({}, {"candidate": 1}, {"turn": 2}, {"turn": 2, "candidate": 1}))
    cards = {given["id"] for given in page.all("article") if "id" in given}
    assert cards == {"t1c0", "t1c1", "t2c0", "t2c1"}
    assert {a["href"][1:] for a in page.all("a") if a["href"][0] == "#"} == cards


def test_an_unscored_turn_is_a_gap_and_no_zero(
    make: Make, read: Callable[[RunRecord], Page]
) -> None:
    unscored = {"turn": 3, "semantic": None, "quality": None, "failure": "thinker"}
    turns = [{"turn": n} for n in (1, 2, 4, 5)]
    whole = read(make(*turns[:2], {"turn": 3}, *turns[2:]))
    gap = read(make(*turns[:2], unscored, *turns[2:]))
    lines = [len(p.all("line", "line overall")) for p in (whole, gap)]
    assert lines == [4 + 1, 2 + 1]  # one more in the legend
    assert "×" in gap.text and "×" not in whole.text.replace("32 × 24", "")
    assert not [c for c in gap.all("circle") if c.get("cy") == "200.0"]


def test_a_zero_is_shown_as_zero(make: Make, read: Callable[[RunRecord], Page]) -> None:
    page = read(make({"semantic": 0.0, "quality": 9.0}, {"turn": 2}))
    assert [c for c in page.all("circle") if c.get("cy") == "200.0"]
    assert "Turn 1: semantic 0.0, quality 9.0" in page.text


def test_marks_the_card_that_won(make: Make, read: Callable[[RunRecord], Page]) -> None:
    page = read(make({}, {"turn": 2, "semantic": 7.0}, {"turn": 3}, chosen=(2, 0)))
    assert [a["id"] for a in page.all("article", "card winner")] == ["t2c0"]
    assert page.text.count("★ Result") == 1


def scored(*scores: tuple[float | None, float | None], **more: Any) -> list[dict[str, Any]]:
    return [
        {"turn": n, "semantic": s, "quality": q, **more} for n, (s, q) in enumerate(scores, start=1)
    ]


NONE = {"image": None, "semantic": None, "quality": None}


@pytest.mark.parametrize(
    ("attempts", "run", "tone", "sentence"),
    [
        (
            scored((4, 9), (6, 9), (8.7, 9.1)),
            {"chosen": (3, 0), "stop": "accepted"},
            "good",
            "Accepted at turn 3 of 4: semantic 8.7, quality 9.1.",
        ),
        (
            scored((9, 9)),
            {"stop": "accepted", "settings": {"mode": "single"}},
            "good",
            "Accepted: semantic 9.0, quality 9.0.",
        ),
        (
            scored((3, 3)),
            {"stop": "accepted"},
            "good",
            "Accepted by a person at turn 1 of 4: semantic 3.0, quality 3.0.",
        ),
        (
            scored((None, None), satisfied=True),
            {"stop": "accepted"},
            "good",
            "Accepted at turn 1 of 4: the thinker is satisfied.",
        ),
        (
            scored((4, 9), (6, 9), (5, 9), (5, 8)),
            {"chosen": (2, 0)},
            "fair",
            "Gave up after 4 turns; the best edit is turn 2: semantic 6.0, quality 9.0.",
        ),
        (
            scored((4, 9), (4, 9), (4, 9)),
            {"stop": "no_gain"},
            "fair",
            "Gave up at turn 3 of 4 because the scores stopped rising; the best edit is turn 1: "
            "semantic 4.0, quality 9.0.",
        ),
        (
            [{}, {**NONE, "turn": 2, "failure": "refused"}],
            {"stop": "editor_failed"},
            "fair",
            "Stopped at turn 2 of 4 because the editor refused; the only edit is turn 1: "
            "semantic 5.0, quality 5.0.",
        ),
        (
            [{**NONE, "failure": "refused"}],
            {"stop": "editor_failed", "chosen": None},
            "bad",
            "No edit was made: the editor refused.",
        ),
        ([], {"stop": "stopped", "chosen": None}, "bad", "No edit was made: the run was stopped."),
        (
            scored((None, None)),
            {"settings": {"mode": "single", "judge_last": False}},
            "fair",
            "Finished after 1 turn: not scored.",
        ),
    ],
)
def test_says_how_the_run_ended(
    make: Make, attempts: Sequence[dict[str, Any]], run: dict[str, Any], tone: str, sentence: str
) -> None:
    assert judge_run(make(*attempts, **run)) == (tone, sentence)


@pytest.mark.parametrize(
    ("attempts", "run", "expected"),
    [
        (scored((4, 9), (9, 4)), {}, "6.0, .* turn 2 is level with it, but came later"),
        (scored((4, 9), (8, 8)), {"chosen": (2, 0)}, "highest overall score: 8.0.*turn 1 with 6.0"),
        (scored((8, 8), (8, 7.98)), {}, "turn 2 with 7.99"),
        (scored((8, 8), (4, 4)), {"chosen": (2, 0)}, "A person chose it, though turn 1 scored 8.0"),
        (
            scored((8, 8), (4, 4)),
            {"chosen": (2, 0), "settings": {"select": "last"}},
            "the last edit",
        ),
        (scored((8, 8), (None, None)), {}, "no other edit was scored"),
        (scored((None, None), (None, None)), {}, "No edit was scored; this is the first"),
        (scored((3, 3)), {}, "only edit"),
    ],
)
def test_says_why_the_result_won(
    make: Make, attempts: Sequence[dict[str, Any]], run: dict[str, Any], expected: str
) -> None:
    assert re.search(expected, explain_choice(make(*attempts, **run)) or "")


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        ("make it warm", "make it very warm", "make it <ins>very</ins> warm"),
        ("make it very warm", "make it warm", "make it <del>very</del> warm"),
        (
            "warm the photo a lot, please",
            "warm the photo by 20 %, please",
            "warm the photo <del>a lot</del> <ins>by 20 %</ins>, please",
        ),
        ("add <b> here now", "add <i> here now", "add &lt;<del>b</del> <ins>i</ins>&gt; here now"),
        ("把照片变暖一点", "把照片变亮一点", "把照片变<del>暖</del> <ins>亮</ins>一点"),
    ],
)
def test_marks_what_changed_in_a_prompt(old: str, new: str, marked: str) -> None:
    assert diff_prompts(old, new) == marked


def test_a_prompt_written_anew_is_not_compared() -> None:
    assert diff_prompts("make it warmer", "Raise the exposure of every leaf") is None
    assert diff_prompts("word " * 2000, "word " * 2001) is None


def test_shows_the_checklist_filling_up(make: Make, read: Callable[[RunRecord], Page]) -> None:
    def turn(number: int, status: str) -> dict[str, Any]:
        mark = {"text": "the <sky>", "keep": False, "status": status, "note": "", "region": None}
        return {"turn": number, "checklist": [mark]}

    page = read(make(turn(1, "not"), turn(2, "done")))
    assert len(page.all("ul", "checklist")) == 2
    assert "✕ the <sky>" in page.text and "✓ the <sky>" in page.text


def test_a_run_without_any_edit_has_a_page(make: Make, read: Callable[[RunRecord], Page]) -> None:
    refused = {**NONE, "failure": "refused", "error": "it cannot add a hat; it can add text"}
    page = read(make(refused, chosen=None, stop="editor_failed"))
    assert "it cannot add a hat; it can add text" in page.text
    assert "no picture was made" in page.text
    assert not page.all("input") and "None" not in page.text.replace("'none'", "")


def test_a_run_stopped_before_its_first_edit_has_a_page(
    make: Make, read: Callable[[RunRecord], Page]
) -> None:
    assert "the run was stopped" in read(make(chosen=None, stop="stopped")).text


def test_a_lost_picture_leaves_the_rest_of_the_page(
    make: Make, read: Callable[[RunRecord], Page]
) -> None:
    lost = ImageRef(sha256="f" * 64, media_type="image/png", width=8, height=8)
    page = read(make({}, {"turn": 2, "image": lost}))
    assert "the picture is missing" in page.text
    assert len(page.all("img")) == 4  # before, after, source, turn 1


def a_file(size: tuple[int, int], mode: str = "RGB", format: str = "PNG", **save: Any) -> bytes:
    channels = Image.new(mode, (1, 1)).getbands()
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 255, (*size[::-1], len(channels)), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format, **save)
    return buffer.getvalue()


def test_a_small_picture_is_embedded_unchanged(blobs: BlobStore) -> None:
    data = a_file((60, 40), format="JPEG")
    preview = make_preview(blobs.put_image(data), blobs, 900)
    assert preview and preview.uri == f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"


def test_a_large_picture_is_made_smaller_in_its_shape(blobs: BlobStore) -> None:
    preview = make_preview(blobs.put_image(a_file((1600, 400), "RGBA")), blobs, 400)
    assert preview and (preview.width, preview.height, preview.has_alpha) == (400, 100, True)
    with Image.open(io.BytesIO(base64.b64decode(preview.uri.split(",")[1]))) as image:
        assert (image.format, image.mode, image.size) == ("WEBP", "RGBA", (400, 100))


def test_the_place_where_a_photo_was_taken_stays_out_of_the_page(blobs: BlobStore) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010E] = "at home"
    data = a_file((60, 40), format="JPEG", exif=exif)
    assert b"at home" in data
    preview = make_preview(blobs.put_image(data), blobs, 900)
    assert preview and b"at home" not in base64.b64decode(preview.uri.split(",")[1])


def test_the_longest_run_stays_a_few_megabytes(make: Make, blobs: BlobStore) -> None:
    refs = [blobs.put_image(Picture.from_pixels(_gradient(n)).data) for n in range(8)]
    runs = [
        {
            "turn": 1 + n // 4,
            "candidate": n % 4,
            "image": refs[n % 8],
            "reasoning": "w" * MAX_REASONING,
        }
        for n in range(128)
    ]
    html = render_page(make(*runs, settings={"max_turns": 32, "candidates": 4}), blobs)
    assert len(html) < 4_000_000


def _gradient(seed: int) -> Any:
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (24, 32, 3), dtype=np.uint8))
    return np.asarray(small.resize((640, 480)))


def test_markup_escapes_what_is_not_markup() -> None:
    made = tag("p", "<b>", tag("b", "&"), [None, "x\ud800"], title='"<', hidden=True, lang=None)
    assert made == '<p title="&quot;&lt;" hidden>&lt;b&gt;<b>&amp;</b>x�</p>'
