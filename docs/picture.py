"""Take the picture in README: the page of a demo run, in headless Chromium (`make picture`)."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright


def take_picture(page: Path, picture: Path) -> None:
    """Save the page of a run as a JPEG."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-background-networking"],
        )
        tab = browser.new_page(viewport={"width": 1280, "height": 800}, device_scale_factor=0.75)
        tab.goto(page.absolute().as_uri())
        tab.screenshot(path=picture, full_page=True, type="jpeg", quality=80)
        browser.close()


if __name__ == "__main__":
    take_picture(Path(sys.argv[1]), Path(sys.argv[2]))
