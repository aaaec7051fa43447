"""Sessions: who is signed in at which browser. They live in the node's memory and end with it.

A token is 32 random bytes, known to the browser only; here stands its SHA-256. A session ends after `IDLE_SECONDS`
without a request of a person or a part of what he sends or takes, and `LONGEST_SECONDS` after it began in any case.
What an officer may do is read from the register at each request, so a disabled officer is out with the next one, for
good: see `node.accounts.calls.Admitted`.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from node.accounts.calls import Admitted

COOKIE = "__Host-symbolon"
"""Name of the cookie: the prefix binds it to this host, HTTPS and the whole site."""

IDLE_SECONDS = 30 * 60.0
"""Seconds without a request of a person after which a session is over."""

LONGEST_SECONDS = 12 * 3600.0
"""Seconds after which a session is over in any case: one working day."""

MOST_OF_ONE = 5
"""Sessions of one officer at once; one more ends the oldest."""


@dataclass(slots=True)
class Session:
    """One signed-in browser. ``csrf`` goes into every form; ``said`` is told once, on the next page.

    ``handle`` names the session among its officer's own, and lets nobody in.
    """

    admitted: Admitted
    began: float
    seen: float
    browser: str = ""
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    handle: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    said: str = ""

    @property
    def officer(self) -> str:
        """Give whose session it is."""
        return self.admitted.officer


class Sessions:
    """The sessions there are. Any thread may call; ``clock`` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without any."""
        self._clock = clock
        self._lock = threading.Lock()
        self._of: dict[bytes, Session] = {}

    def begin(self, admitted: Admitted, browser: str = "") -> str:
        """Sign an officer in, always under a new token; give it for the browser."""
        token, now = secrets.token_urlsafe(32), self._clock()
        with self._lock:
            for key in [key for key, one in self._of.items() if _is_over(one, now)]:
                del self._of[key]
            own = [key for key, one in self._of.items() if one.officer == admitted.officer]
            for key in own[: max(0, len(own) - MOST_OF_ONE + 1)]:
                del self._of[key]
            self._of[_key(token)] = Session(admitted, now, now, browser)
        return token

    def find(self, token: str, *, awake: bool = True) -> Session | None:
        """Give the session of a token, or None where it is over; that somebody asked for it keeps it awake."""
        now = self._clock()
        with self._lock:
            session = self._of.get(_key(token))
            if session is None:
                return None
            if _is_over(session, now):
                del self._of[_key(token)]
                return None
            if awake:
                session.seen = now
            return session

    def holds(self, session: Session) -> bool:
        """Say whether a session is not over; unlike `find`, this keeps it no longer awake."""
        now = self._clock()
        with self._lock:
            return any(one is session for one in self._of.values()) and not _is_over(session, now)

    def end(self, token: str) -> None:
        """Sign a browser out."""
        with self._lock:
            self._of.pop(_key(token), None)

    def of(self, officer: str) -> list[Session]:
        """Give the sessions of an officer that are not over, the oldest first."""
        now = self._clock()
        with self._lock:
            return [one for one in self._of.values() if one.officer == officer and not _is_over(one, now)]

    def end_one_of(self, officer: str, handle: str) -> None:
        """Sign an officer out at one browser."""
        with self._lock:
            for key in [key for key, one in self._of.items() if (one.officer, one.handle) == (officer, handle)]:
                del self._of[key]

    def end_all_of(self, officer: str) -> None:
        """Sign an officer out everywhere."""
        with self._lock:
            for key in [key for key, one in self._of.items() if one.officer == officer]:
                del self._of[key]


def _is_over(session: Session, now: float) -> bool:
    return now - session.seen > IDLE_SECONDS or now - session.began > LONGEST_SECONDS


def _key(token: str) -> bytes:
    return sha256(token.encode()).digest()
