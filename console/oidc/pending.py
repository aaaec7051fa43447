"""Sign-ins under way at the identity provider: each is bound to one browser, answered once, and over after ten minutes.

The browser holds a random cookie; here stand its SHA-256 and, by ``state``, what the answer has to fit: ``nonce`` and
the verifier of PKCE (RFC 7636). So an answer that somebody else began, or that comes a second time, fits nothing.
"""

from __future__ import annotations

import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest

COOKIE = "__Host-symbolon-oidc"
"""Binds a sign-in to a browser. It is sent along when the provider leads back (SameSite=Lax), and lets nobody in."""

PENDING_SECONDS = 600.0
"""Seconds that a person has at the provider's forms."""

MOST_PENDING = 1000
"""Sign-ins under way at once; one more makes the oldest void."""


@dataclass(frozen=True, slots=True)
class Pending:
    """One sign-in under way. ``back`` is where the person wanted to go."""

    browser: bytes = field(repr=False)
    began: float
    back: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)

    @property
    def challenge(self) -> str:
        """Give what the provider is told of the verifier (S256)."""
        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).decode().rstrip("=")


class PendingSignIns:
    """The sign-ins under way. Any thread may call; ``clock`` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without any."""
        self._clock = clock
        self._lock = threading.Lock()
        self._by_state: OrderedDict[bytes, Pending] = OrderedDict()

    def begin(self, browser: str, back: str) -> Pending:
        """Begin a sign-in at the browser with this cookie."""
        pending = Pending(_digest(browser), self._clock(), back)
        with self._lock:
            self._by_state[_digest(pending.state)] = pending
            while len(self._by_state) > MOST_PENDING:
                self._by_state.popitem(last=False)
        return pending

    def take(self, browser: str, state: str) -> Pending | None:
        """End the sign-in of a state; None where there is none, it is over, or it was begun at another browser."""
        with self._lock:
            pending = self._by_state.pop(_digest(state), None)
        if pending is None or self._clock() - pending.began > PENDING_SECONDS:
            return None
        return pending if compare_digest(pending.browser, _digest(browser)) else None


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()
