"""A browser window that notices what a person would not: errors, refusals, strange hosts."""

import gettext
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

TRANSLATIONS = Path(__file__).parents[2] / "app" / "translations"

PHONE: Mapping[str, Any] = {
    "viewport": {"width": 360, "height": 640},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
DESKTOP: Mapping[str, Any] = {"viewport": {"width": 1280, "height": 800}}

OTHER_APPS = ("sms:", "tel:")


def said(text: str, lang: str = "zh", **values: object) -> str:
    """Return a message as the pages say it in this language."""
    found = gettext.translation("messages", TRANSLATIONS, [lang], fallback=True)
    return found.gettext(text) % values


class Window:
    """One window of one person, and what went wrong in it."""

    def __init__(self, page: Page, url: str, photos: Path | None) -> None:
        self.page = page
        self.url = url
        self.wrong: list[str] = []
        self.refused_on_purpose: set[str] = set()
        """Paths that may answer 4xx, because the test asks for what there is not."""
        self.handed_on: list[str] = []
        """Addresses that the page handed on to other apps of the phone."""
        self._photos = photos
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._note(f"script error: {error}"))
        page.on("request", self._on_request)
        page.on("response", self._on_response)

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def photo(self, name: str, *, whole: bool = True) -> None:
        """Keep a picture of the page, where people want to look at one."""
        if self._photos is None:
            return
        self.page.screenshot(path=self._photos / f"{name}.png", full_page=whole, scale="css")

    def photos(self, name: str) -> None:
        """Keep a picture of the page by day and one by night."""
        if self._photos is None:
            return
        self.photo(f"{name}-light")
        self.page.emulate_media(color_scheme="dark")
        self.photo(f"{name}-dark")
        self.page.emulate_media(color_scheme="light")

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.url)

    @property
    def place(self) -> str:
        """The path alone, without what is asked of it or the part of the page."""
        return urlsplit(self.page.url).path

    @property
    def lang(self) -> str:
        return (self.page.locator("html").get_attribute("lang") or "")[:2]

    def change_language(self) -> None:
        """Press the button that offers the other language, in the menu of who is signed in."""
        if self.page.locator(".me summary").count():
            self.page.locator(".me summary").click()
        with self.page.expect_navigation():
            self.page.locator("form[action='/language'] button").click()

    @property
    def text(self) -> str:
        return self.page.locator("main").inner_text()

    def numbers(self, selector: str) -> list[int]:
        """Return the first figure in each element that fits."""
        texts = self.page.locator(selector).all_inner_texts()
        return [int(re.sub(r"\D.*", "", text.replace(",", ""), flags=re.DOTALL)) for text in texts]

    def press(self, text: str, lang: str = "zh", **values: object) -> None:
        """Press the button that says this message, and wait for the page it leads to."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=said(text, lang, **values), exact=True).click()

    def press_link(self, text: str, lang: str = "zh") -> None:
        """Follow the link that says this message."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=said(text, lang), exact=True).click()

    def _note(self, what: str) -> None:
        self.wrong.append(f"{self.path}: {what}")

    def _on_console(self, message: ConsoleMessage) -> None:
        # A 4xx page is also written to the console; the answers are judged by their status.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self._note(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        if request.url.startswith(OTHER_APPS):
            self.handed_on.append(request.url)
        elif not request.url.startswith((self.url + "/", "data:")):
            self._note(f"asks another host: {request.url}")

    def _on_response(self, response: Response) -> None:
        path = response.url.removeprefix(self.url)
        if response.status >= 400 and path not in self.refused_on_purpose:
            self._note(f"{response.request.method} {path} answers {response.status}")


TELEPHONE = """
addEventListener("click", (event) => {
  if (!event.target.closest("a.dial") || event.defaultPrevented) return;
  event.preventDefault();
  window.rang = event.target.closest("a.dial").href;
});
"""


def without_telephone(opened: Window) -> None:
    """Take the place of the telephone: this machine has none, and Chromium asks what to do."""
    opened.page.context.add_init_script(TELEPHONE)


@contextmanager
def window(browser: Browser, url: str, photos: Path | None, **kind: Any) -> Iterator[Window]:
    """Open a window of this kind; what went wrong in it fails the test when it is closed."""
    with _context(browser, kind) as context:
        opened = Window(context.new_page(), url, photos)
        yield opened
    assert not opened.wrong, "\n".join(opened.wrong)


@contextmanager
def _context(browser: Browser, kind: Mapping[str, Any]) -> Iterator[BrowserContext]:
    context = browser.new_context(
        **{"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "reduced_motion": "reduce", **kind}
    )
    context.set_default_timeout(15_000)
    try:
        yield context
    finally:
        context.close()
