"""The forms of a console as a person finds them: pages are asked for by their links, and each form is kept once.

What a form would send is what a browser sends: the values that stand in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urlsplit

import httpx

from console.pages import PAGES
from console.routing import Page
from tests.unit.console_desk import Browser

MOST_PAGES = 80
_STATIC = "/static/"


@dataclass
class SentForm:
    """A form of a page: where it goes, and the fields with the values that stand in them."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, ...]:
        """Give what tells it from other forms: the page it goes to, and the names of its fields."""
        page = page_of(self.action)
        return (page.path if page else self.action, *sorted({*self.fields, *self.files}))


class _Found(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._form: SentForm | None = None
        self._select = ""
        self._area = ""
        self._in_title = False
        self.links: list[str] = []
        self.forms: list[SentForm] = []
        self.title = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "form" and given.get("method") == "post":
            self._form = SentForm(given.get("action") or self._path)
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._form is not None and self._select:
            if "selected" in given or self._select not in self._form.fields:
                self._form.fields[self._select] = given.get("value", "")
        elif tag == "textarea" and self._form is not None:
            self._area = name
            self._form.fields[name] = ""
        elif tag == "title":
            self._in_title = True
        elif tag in ("input", "button") and self._form is not None and name and name != "csrf":
            if given.get("type") == "file":
                self._form.files.append(name)
            else:
                self._form.fields.setdefault(name, given.get("value", "on"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            self.forms.append(self._form)
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""
        elif tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form.fields[self._area] += data
        if self._in_title:
            self.title += data


def page_of(path: str, method: str = "POST") -> Page | None:
    """Give the page of the console that takes a path."""
    for page in PAGES:
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", page.path)
        if page.method == method and re.fullmatch(pattern, path):
            return page
    return None


def forms_in(answer: httpx.Response, path: str) -> list[SentForm]:
    """Give the forms of a page."""
    return _read(answer, path).forms


def title_of(answer: httpx.Response) -> str:
    """Give the title of a page; empty for what is none."""
    return _read(answer, "").title


def _read(answer: httpx.Response, path: str) -> _Found:
    found = _Found(path)
    if answer.headers.get("content-type", "").startswith("text/html"):
        found.feed(answer.text)
        found.close()
    return found


async def crawl(browser: Browser, seen: dict[tuple[str, ...], SentForm]) -> Mapping[str, httpx.Response]:
    """Ask for every page that can be reached by links, put its forms into ``seen``, and give the answers by path."""
    answers: dict[str, httpx.Response] = {}
    kinds: dict[str, int] = {}
    waiting = ["/"]
    while waiting and len(answers) < MOST_PAGES:
        path = waiting.pop(0)
        page = page_of(urlsplit(path).path, "GET")
        if path in answers or page is None or page.path.endswith(("/events", "/progress")):
            continue
        kinds[page.path] = kinds.get(page.path, 0) + 1
        if kinds[page.path] > 4:  # more of the same kind show nothing new
            continue
        answers[path] = await browser.get(path)
        found = _read(answers[path], urlsplit(path).path)
        for form in found.forms:
            seen.setdefault(form.key, form)
        waiting += [urldefrag(link)[0] for link in found.links if link.startswith("/") and _STATIC not in link]
    return answers
