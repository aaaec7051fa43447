"""Sign-ins under way at the identity provider: each is bound to one browser, and over after ten minutes.

What the answer has to fit, ``state``, ``nonce`` and the verifier of PKCE (RFC 7636), lies with the browser itself, in a
cookie sealed by a key of this process. So an answer that somebody else began fits nothing, and whoever begins sign-ins
without end takes no room from anybody. An answer takes its sign-in out of the cookie; a browser that kept the cookie
from before can give it again, and gets nowhere: the provider takes a code once (RFC 6749, section 4.1.2), and a code
of another sign-in has another nonce.
"""

from __future__ import annotations

import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken

COOKIE = "__Host-symbolon-oidc"
"""Binds a sign-in to a browser. It is sent along when the provider leads back (SameSite=Lax), and lets nobody in."""

PENDING_SECONDS = 600
"""Seconds that a person has at the provider's forms."""

MOST_PENDING = 3
"""Sign-ins under way in the windows of one browser; one more makes the oldest void."""

LONGEST_BACK = 300
"""Characters of where a person wanted to go; a cookie has 4096 bytes for all."""


@dataclass(frozen=True, slots=True)
class Pending:
    """One sign-in under way, begun at Unix seconds. ``back`` is where the person wanted to go."""

    began: int
    back: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)

    @property
    def challenge(self) -> str:
        """Give what the provider is told of the verifier (S256)."""
        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).decode().rstrip("=")


class PendingSignIns:
    """Reads and writes the cookies of one console; ``clock`` gives Unix seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """Draw the key."""
        self._clock = clock
        self._key = Fernet(Fernet.generate_key())

    def begin(self, cookie: str, back: str) -> tuple[Pending, str]:
        """Begin a sign-in at the browser with this cookie; give it, and the cookie from now on."""
        pending = Pending(int(self._clock()), back if len(back) <= LONGEST_BACK else "/")
        return pending, self._sealed([*self._of(cookie), pending][-MOST_PENDING:])

    def take(self, cookie: str, state: str) -> tuple[Pending | None, str]:
        """End the sign-in of a state; None where this browser began none, or it is over. The cookie is what is left."""
        under_way = self._of(cookie)
        found = next((one for one in under_way if secrets.compare_digest(one.state.encode(), state.encode())), None)
        return found, self._sealed([one for one in under_way if one is not found])

    def _of(self, cookie: str) -> list[Pending]:
        try:
            content = json.loads(self._key.decrypt(cookie.encode()))
        except InvalidToken:  # of a process before this one, or nobody's
            return []
        found = [Pending(**one) for one in content]
        return [one for one in found if self._clock() - one.began <= PENDING_SECONDS]

    def _sealed(self, under_way: Sequence[Pending]) -> str:
        if not under_way:
            return ""
        return self._key.encrypt(json.dumps([asdict(one) for one in under_way]).encode()).decode()
