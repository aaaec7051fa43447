"""Every page that an officer can reach by links from the first one: one of each kind, and what no link leads to.

A kind is a row of `console.pages.PAGES`. Files to download and streams are no pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from console.pages import PAGES
from tests.browser.screen import Screen

NO_PAGES = frozenset(
    {
        "/agreements/{hash}/document",
        "/audit/entries/{number}/proof/file",
        "/audit/works/{work}/files/{file}",
        "/batches/{reference}/progress",
        "/batches/{reference}/results.csv",
        "/batches/{reference}/results.json",
        "/node/rejects/{run}/rows",
        "/queries/{query}/events",
        "/session",
        "/sign-in/oidc",
        "/sign-in/oidc/over",
        "/sign-in/oidc/return",
        "/subject-access/{work}/letter/{language}",
    }
)
"""Paths that a browser downloads or streams, or that are on the way from and to an identity provider."""

_KINDS = {
    page.path: re.compile(re.sub(r"\\\{[^}]*\}", "[^/]+", re.escape(page.path)))
    for page in sorted(PAGES, key=lambda page: page.path.count("{"))
    if page.method == "GET"
}


def kind_of(path: str) -> str:
    """Give the row of a path; empty where there is none."""
    return next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(path)), "")


def walk(window: Screen) -> Iterator[str]:
    """Go to one page of each kind; give its kind while the page stands in the window."""
    waiting, seen = ["/"], set(NO_PAGES)
    while waiting:
        path = waiting.pop(0)
        kind = kind_of(path)
        if kind in seen:
            continue
        seen.add(kind)
        answer = window.open(path)
        assert answer is not None
        assert answer.status == 200, path
        yield kind
        hrefs = window.page.eval_on_selector_all("a[href^='/']", "links => links.map(one => one.getAttribute('href'))")
        waiting += [urlsplit(href).path for href in hrefs if kind_of(urlsplit(href).path)]


def kinds() -> set[str]:
    """Give every kind of page."""
    return set(_KINDS) - NO_PAGES
