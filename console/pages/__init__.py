"""The pages of the console, a module for each part of the work; `PAGES` is all of them."""

from __future__ import annotations

from console.pages import home
from console.routing import Page

PAGES: tuple[Page, ...] = (*home.PAGES,)
