"""The page of a run in a real browser, opened from its file."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from editthinker.graph.context import EditContext
from editthinker.graph.page import render_page
from editthinker.graph.record import record_run
from editthinker.tools.blobs import BlobStore
from editthinker.tools.images import Picture

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
    pytest.mark.xdist_group("browser"),
]

HOSTILE = '</script><img src=x onerror="document.title=1"><script>document.title=2</script>'
LAPTOP, PHONE = (1280, 800), (390, 844)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


Open = Callable[..., Any]


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Open]:
    """Open a page of `html`; at the end, check that it was quiet and asked for nothing."""
    noise: list[str] = []
    contexts = []

    def open_it(html: str, path: Path, size: tuple[int, int] = LAPTOP, **options: Any) -> Any:
        path.write_text(html, encoding="utf-8")
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, has_touch=True, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: noise.append(message.text))
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.on(
            "request",
            lambda r: (
                None if r.url in (path.as_uri(),) or r.url[:5] == "data:" else noise.append(r.url)
            ),
        )
        page.goto(path.as_uri())
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert noise == []


def an_image(blobs: BlobStore, size: tuple[int, int], alpha: bool = False) -> Any:
    pixels = np.random.default_rng(size).integers(0, 255, (*size[::-1], 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    if alpha:
        image.putalpha(128)
    return blobs.put_image(Picture.from_pixels(np.asarray(image)).data)


@pytest.fixture
def render(attempt: Any, blobs: BlobStore) -> Callable[..., str]:
    def render_it(
        *attempts: dict[str, Any],
        source: tuple[int, int] = (96, 64),
        chosen: Any = (1, 0),
        instruction: str = "make it warmer",
    ) -> str:
        photo = an_image(blobs, source)
        state: Any = {
            "instruction": instruction,
            "source": photo,
            "attempts": [attempt(**{"image": photo, **given}) for given in attempts],
            "chosen": chosen,
            "stop_reason": "max_turns",
            "settings": EditContext().model_dump(mode="json"),
            "error": None,
        }
        return render_page(record_run(state), blobs)

    return render_it


def split(page: Any) -> float:
    """Return where the divider stands, as a share of the width of the stage."""
    return float(
        page.evaluate(
            """() => {
                const stage = document.querySelector('.stage').getBoundingClientRect();
                const line = document.querySelector('.divider').getBoundingClientRect();
                return (line.left + line.width / 2 - stage.left) / stage.width;
            }"""
        )
    )


def test_the_slider_moves_by_keyboard(
    render: Callable[..., str], open_page: Open, tmp_path: Path
) -> None:
    page = open_page(render({}, {"turn": 2}), tmp_path / "page.html")
    slider = page.get_by_role("slider", name="Divider between the photo and the edit")
    slider.focus()
    assert split(page) == pytest.approx(0.5, abs=0.01)
    for key, place in (("ArrowRight", 0.51), ("Home", 0.0), ("End", 1.0)):
        slider.press(key)
        assert split(page) == pytest.approx(place, abs=0.005)
    assert slider.get_attribute("aria-valuetext") == "photo 100%, edit 0%"
    clip = page.eval_on_selector(".layer.after", "e => getComputedStyle(e).clipPath")
    assert clip == "inset(0px 0px 0px 100%)"


@pytest.mark.parametrize("size", [LAPTOP, PHONE])
def test_the_slider_follows_the_mouse_and_the_finger(
    render: Callable[..., str], open_page: Open, tmp_path: Path, size: tuple[int, int]
) -> None:
    page = open_page(render({}, {"turn": 2}), tmp_path / "page.html", size)
    box = page.locator(".stage").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    for place in (0.2, 0.9, 0.75):
        page.mouse.move(box["x"] + place * box["width"], middle)
        assert split(page) == pytest.approx(place, abs=0.01)
    page.mouse.up()
    page.touchscreen.tap(box["x"] + 0.3 * box["width"], middle)
    assert split(page) == pytest.approx(0.3, abs=0.01)


def test_any_turn_can_be_compared_with_the_photo(
    render: Callable[..., str], open_page: Open, tmp_path: Path, blobs: BlobStore
) -> None:
    other = an_image(blobs, (90, 64))
    page = open_page(render({}, {"turn": 2, "image": other}), tmp_path / "page.html")
    shown = page.locator(".after img")
    first = shown.get_attribute("src")
    page.get_by_role("button", name="Compare turn 2 with the photo").click()
    assert shown.get_attribute("src") == page.locator("#t2c0 img").get_attribute("src") != first
    assert page.locator(".caption").inner_text().split() == ["Before", "After:", "turn", "2"]
    page.get_by_role("button", name="Compare turn 1 with the photo").click()
    assert shown.get_attribute("src") == first


@pytest.mark.parametrize(
    ("source", "edit"),
    [((96, 64), (64, 96)), ((1200, 100), (1200, 100)), ((50, 500), (96, 64)), ((1, 1), (3, 2))],
)
def test_pictures_of_any_shape_are_shown_whole_and_undistorted(
    render: Callable[..., str],
    open_page: Open,
    tmp_path: Path,
    blobs: BlobStore,
    source: tuple[int, int],
    edit: tuple[int, int],
) -> None:
    html = render({"image": an_image(blobs, edit, alpha=True)}, {"turn": 2}, source=source)
    page = open_page(html, tmp_path / "page.html")
    boxes = page.eval_on_selector_all(
        ".layer img", "all => all.map(e => [e.clientWidth, e.clientHeight])"
    )
    fits = page.eval_on_selector_all(
        "img", "all => [...new Set(all.map(e => getComputedStyle(e).objectFit))]"
    )
    assert boxes[0] == boxes[1] and min(boxes[0]) > 100
    assert fits == ["contain"]
    assert boxes[0][1] <= 0.75 * LAPTOP[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_on_a_phone(
    render: Callable[..., str], open_page: Open, tmp_path: Path, scheme: str
) -> None:
    long = "w" * 900
    several = [
        {"turn": t, "candidate": c, "prompt": f"{long} {t}", "reasoning": long, "editor": long[:80]}
        for t in range(1, 33)
        for c in range(4)
    ]
    html = render(*several, instruction=long)
    page = open_page(html, tmp_path / "page.html", PHONE, color_scheme=scheme)
    page.locator("footer details").evaluate("e => e.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(
    render: Callable[..., str], open_page: Open, tmp_path: Path, scheme: str
) -> None:
    failed = {"turn": 3, "image": None, "failure": "refused", "error": "no", "semantic": None}
    html = render({"notes": ["more light"]}, {"turn": 2, "prompt": "make it a lot cooler"}, failed)
    page = open_page(html, tmp_path / "page.html", color_scheme=scheme)
    page.locator("footer details").evaluate("e => e.open = true")
    ratios = page.evaluate(
        """() => {
            const rgb = s => (s.match(/[\\d.]+/g) || []).map(Number);
            const light = c => c.slice(0, 3).map(v => v / 255)
                .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
            const ground = e => {
                for (; e; e = e.parentElement) {
                    const c = rgb(getComputedStyle(e).backgroundColor);
                    if (c.length === 3 || c[3] > 0) return c;
                }
            };
            return [...document.querySelectorAll('body *')]
                .filter(e => !e.closest('svg, script, .stage, button'))
                .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
                .map(e => {
                    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))];
                    return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.outerHTML];
                });
        }"""
    )
    assert len(ratios) > 40
    assert [(round(r, 1), e[:80]) for r, e in ratios if r < 4.5] == []


def test_hostile_words_run_no_script(
    render: Callable[..., str], open_page: Open, tmp_path: Path
) -> None:
    html = render(
        {"prompt": HOSTILE, "reasoning": HOSTILE, "notes": [HOSTILE]},
        {"turn": 2, "prompt": f"{HOSTILE} more"},
        instruction=HOSTILE,
    )
    page = open_page(html, tmp_path / "page.html")
    assert page.title().startswith("</script>")
    assert page.locator("h1").inner_text() == HOSTILE
    assert page.locator("script").count() == 1


def test_both_pictures_are_printed(
    render: Callable[..., str], open_page: Open, tmp_path: Path
) -> None:
    page = open_page(render({}, {"turn": 2}), tmp_path / "page.html")
    page.emulate_media(media="print")
    before, after = (page.locator(f".layer.{side}").bounding_box() for side in ("before", "after"))
    assert before["x"] + before["width"] <= after["x"]
    assert not page.locator(".stage input").is_visible()
