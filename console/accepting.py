"""How many connections the console takes: it shares its process, and the files that may be open, with the node.

The bound lies where a connection is accepted, before its handshake: one that only stands there counts, too. What is
beyond is closed at once. Half of all may come from one address, so that one machine never keeps all others out.
"""

from __future__ import annotations

import logging
import resource
import socket
import time
from collections import Counter
from typing import Any

logger = logging.getLogger("symbolon.console")

MOST_CONNECTIONS = 1000
"""Connections at once: at most, and never more than a quarter of the files that the process may have open."""

SAY_SECONDS = 60.0
"""Seconds from one line of the log, that connections are refused, to the next."""

_AT_A_TIME = 100  # refused in one go; then the loop has its turn


def most_connections() -> int:
    """Give how many connections the console takes in this process."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if files == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, files // 4)


class Listening(socket.socket):
    """A socket that listens, and accepts no more than it may have open; belongs to one event loop."""

    def __init__(self, family: int, most: int) -> None:
        """Make a TCP socket that has at most ``most`` connections at once.

        Its protocol is named, for asyncio tells by it that an answer may leave in parts without waiting for the other
        side's word on the first (``TCP_NODELAY``), which comes 40 ms later.
        """
        super().__init__(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._most = most
        self._open: Counter[str] = Counter()
        self._said = -SAY_SECONDS

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept the next connection there is room for, and close those there is none for."""
        for _ in range(_AT_A_TIME):
            connection, address = super().accept()
            host = str(address[0])
            if self._open.total() < self._most and self._open[host] < max(self._most // 2, 1):
                self._open[host] += 1
                return _Connection(self, host, connection), address
            connection.close()
            self._say()
        raise BlockingIOError

    def closed(self, host: str) -> None:
        """Count a connection less."""
        self._open[host] -= 1
        if not self._open[host]:
            del self._open[host]

    def _say(self) -> None:
        now = time.monotonic()
        if now - self._said >= SAY_SECONDS:
            self._said = now
            logger.warning("the console has %d connections, and closes others", self._open.total())


class _Connection(socket.socket):
    """Says when it is closed."""

    def __init__(self, listening: Listening, host: str, accepted: socket.socket) -> None:
        super().__init__(listening.family, listening.type, listening.proto, accepted.detach())
        self._listening = listening
        self._host = host

    def close(self) -> None:
        if self.fileno() >= 0:
            self._listening.closed(self._host)
        super().close()
