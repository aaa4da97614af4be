"""The page in a real browser, as a person uses it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dev_server import ROOT
from page_server import run_page

pytest.importorskip("gradio")
playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path("/usr/bin/chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium"),
]

PHOTO = str(ROOT / "tools/photos/cat.jpg")
EVIL = "<img src=x onerror=\"document.title='owned'\"> ![x](http://evil.example/a.png)"
FAKES = ("--editor", "fake", "--thinker", "patient")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    with run_page(home, *FAKES) as started:
        yield started


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, url: str) -> Iterator[Any]:
    pages = []

    def make(address: str = url, width: int = 1280, height: int = 900) -> Any:
        page = chromium.new_page(viewport={"width": width, "height": height})
        page.foreign = []

        def route(request: Any) -> None:
            if request.request.url.startswith((address, "data:", "blob:")):
                request.continue_()
            else:
                page.foreign.append(request.request.url)
                request.abort()

        page.route("**/*", route)
        page.streams = set()
        page.on("request", lambda sent: "/queue/data" in sent.url and page.streams.add(sent))
        page.on("requestfinished", lambda sent: page.streams.discard(sent))
        page.on("requestfailed", lambda sent: page.streams.discard(sent))
        page.goto(address)
        page.wait_for_selector("#wish textarea")
        pages.append(page)
        return page

    yield make
    for page in pages:
        assert page.foreign == []
        page.close()


def press(page: Any, place: str) -> None:
    """Click once Gradio has closed the stream of the event before, as anybody slower would."""
    for _ in range(1000):
        if not page.streams:
            break
        page.wait_for_timeout(20)
    assert not page.streams
    page.click(place)


def edit(page: Any, wish: str, *, until: str = "Done:") -> None:
    page.set_input_files("#photo input[type=file]", PHOTO)
    page.wait_for_selector("#photo img")
    page.fill("#wish textarea", wish)
    press(page, "#edit")
    page.wait_for_selector(f"#story >> text={until}", timeout=30_000)


def turns(page: Any) -> list[str]:
    return [label.inner_text().strip() for label in page.query_selector_all("#turns label")]


def test_a_photo_is_edited_and_compared(open_page: Any) -> None:
    page = open_page()
    edit(page, "make it warmer")
    assert turns(page) == ["Turn 1: 3.0 / 9.0", "Turn 2: 9.0 / 9.0 ★"]
    assert "accepted, turn 2 was kept" in page.inner_text("#story")
    assert len(page.query_selector_all("#slider img")) >= 2
    press(page, "#turns label >> nth=0")
    page.wait_for_selector("#story >> text=semantic 3.0")
    with page.expect_download() as download:
        page.click("#download")
    assert Path(download.value.path()).read_bytes()[:4] == b"\x89PNG"


def test_what_others_wrote_stays_text(open_page: Any) -> None:
    page = open_page()
    edit(page, f"warm {EVIL}")
    assert "<img src=x" in page.inner_text("#story")
    assert page.query_selector("#story img") is None
    assert page.title() == "EditThinker"


def test_a_person_takes_over_between_turns(open_page: Any) -> None:
    page = open_page()
    page.click("text=Settings")
    page.check("#review input[type=checkbox]")
    edit(page, "make it warmer", until="Your turn:")
    assert page.input_value("#next textarea") == "make it warmer!"
    page.fill("#next textarea", "much warmer")
    press(page, "#branch")
    page.wait_for_selector("#story >> text=much warmer")
    page.wait_for_selector("#story >> text=Your turn:")
    press(page, "#turns label >> nth=0")
    page.wait_for_selector("#story >> text=semantic 3.0")
    press(page, "#accept")
    page.wait_for_selector("#story >> text=accepted, turn 1 was kept")


def test_any_turn_can_be_branched(open_page: Any) -> None:
    page = open_page()
    edit(page, "make it warmer")
    press(page, "#turns label >> nth=0")
    page.wait_for_selector("#story >> text=semantic 3.0")
    page.fill("#next textarea", "sepia")
    press(page, "#branch")
    page.wait_for_selector("#story >> text=sepia")
    page.wait_for_selector("#story >> text=Done:")
    assert len(turns(page)) == 2


def test_what_cannot_be_done_is_said(open_page: Any) -> None:
    page = open_page()
    page.fill("#wish textarea", "make it warmer")
    press(page, "#edit")
    page.wait_for_selector("text=Choose a photo first")


def test_everything_works_from_the_keyboard(open_page: Any) -> None:
    page = open_page()
    page.set_input_files("#photo input[type=file]", PHOTO)
    page.wait_for_selector("#photo img")
    page.focus("#wish textarea")
    page.keyboard.type("make it warmer")
    reached = False
    for _ in range(6):
        page.keyboard.press("Tab")
        reached = page.evaluate("document.activeElement.id") == "edit"
        if reached:
            break
    assert reached
    page.keyboard.press("Enter")
    page.wait_for_selector("#story >> text=Done:", timeout=30_000)
    page.focus("#turns input >> nth=0")
    page.keyboard.press("Space")
    page.wait_for_selector("#story >> text=semantic 3.0")


def test_nothing_overflows_on_a_phone(open_page: Any) -> None:
    page = open_page(width=390, height=844)
    edit(page, "make it warmer and " + "w" * 300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_history_survives_a_restart(open_page: Any, home: Path) -> None:
    page = open_page()
    edit(page, "the wish to remember")
    with run_page(home, *FAKES) as again:
        page = open_page(again)
        press(page, "#earlier input")
        page.click("text=the wish to remember")
        page.wait_for_selector("#story >> text=accepted, turn 2 was kept")
        page.wait_for_selector("#photo img")
        assert len(turns(page)) == 2


def test_a_stopped_run_keeps_what_was_made_and_can_go_on(open_page: Any, tmp_path: Path) -> None:
    with run_page(tmp_path, "--editor", "fake", "--thinker", "sleepy") as address:
        page = open_page(address)
        edit(page, "make it warmer", until="turn 2: the thinker looks at it")
        page.click("#stop")
        page.wait_for_selector("#story >> text=Stopped")
        assert turns(page)[0].startswith("Turn 1: 3.0")
        (tmp_path / "site/awake").touch()
        press(page, "#go-on")
        page.wait_for_selector("#story >> text=accepted, turn 2 was kept")


def test_the_embedded_pair_works_at_once(open_page: Any, tmp_path: Path) -> None:
    with run_page(tmp_path) as address:
        page = open_page(address)
        edit(page, "make it much brighter")
        assert "★" in "".join(turns(page))
