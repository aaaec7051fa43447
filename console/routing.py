"""What a page of the console is: where, by which method, for whom, and the function that answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from starlette.responses import Response

from console.navigation import Audience
from console.visit import Visit

LARGEST_FORM = 1024 * 1024
"""Bytes of a form, its files excepted."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page or form of the console. The call behind it checks the officer's roles once more, by itself.

    ``largest`` is the size in bytes of what may be sent to it; a page that takes files says how much they may be.
    """

    path: str
    answer: Callable[[Visit], Awaitable[Response]]
    audience: Audience
    method: Literal["GET", "POST"] = "GET"
    largest: int = LARGEST_FORM
