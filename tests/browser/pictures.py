"""Pictures of every page of the console, to look at: ``python -m tests.browser.pictures FOLDER [LANGUAGE]``.

The story and each officer's day are played with real nodes, and each page is taken wide and light, narrow and dark.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from console.languages import languages
from tests.browser.agencies import OTHERS, two_agencies
from tests.browser.days import DAYS
from tests.browser.looking import Photographer
from tests.browser.screen import opened
from tests.browser.story import Story
from tests.browser.walk import walk


def take(folder: Path, code: str) -> None:
    """Take them all in one language."""
    folder.mkdir(parents=True, exist_ok=True)
    photographer = Photographer(folder)
    language = languages()[code]
    with (
        tempfile.TemporaryDirectory() as homes,
        two_agencies(Path(homes), [code]) as agencies,
        sync_playwright() as playwright,
    ):
        executable, options = shutil.which("chromium"), agencies.browser_options()
        chromium = playwright.chromium.launch(executable_path=executable, args=options)
        Story(agencies, chromium, language, photographer).play()
        for other in OTHERS:
            with opened(chromium, agencies.origin(other.agency), language, photographer) as window:
                window.sign_in(agencies.accounts[other.agency, other.name])
                if day := DAYS.get(other.role):
                    day(window)
                for kind in walk(window):
                    window.seen(f"{other.role}{kind}".replace("/", "-"))
        chromium.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "en")
