"""Start a party with the command line as it ships, its disclosure log dated by a clock that is wrong.

``python -m tests.integration.skewed_party SECONDS node serve ...``; `skewed` gives this as a launcher. Of the party's
times only those of its log are moved: envelopes and agreements would refuse a clock that is hours off.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, tzinfo
from typing import Self

import ledger.log
from cli.main import main


def skewed(seconds: int) -> list[str]:
    """Give the launcher of a party whose log is dated so many seconds ahead."""
    return [sys.executable, "-m", __name__, str(seconds)]


def _main() -> None:
    by = timedelta(seconds=int(sys.argv.pop(1)))

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + by

    vars(ledger.log)["datetime"] = Wrong
    main()


if __name__ == "__main__":
    _main()
