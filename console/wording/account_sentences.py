"""What the node says about officers and accounts, in words for somebody who sees a form and no command line.

`SAID` are the sentences shown as they are, `PATTERNS` those that speak of commands and options, or hold a value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from console.wording.texts import text

SAID: Sequence[str] = (
    text("the password needs at least 12 characters"),
    text("the password has more than 256 characters"),
    text("the password repeats few characters: choose another"),
    text("the password is one that is guessed first: choose another"),
    text("the password contains your name or your agency's: choose another"),
    text("another operator changes your own entry"),
    text("another officer confirms: neither who invited, nor whose account it is"),
    text("this account does not wait, or has changed since"),
    text("the new key of the authenticator counts no longer: begin anew"),
    text("this officer has an account: reset it to begin anew"),
    text("this account is locked: unlock it, or reset it to begin anew"),
)

PATTERNS: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(said, re.S), english)
    for said, english in (
        (
            r"the code of the authenticator is not right: .*",
            text("the code is not right: check the clock of its device, and type the next code"),
        ),
        (r"no active officer of this name: .*", text("there is no active officer of this name")),
        (r"no officer of this name: .*", text("there is no officer of this name")),
        (r"no account of this name: .*", text("there is no account of this name")),
        (
            r"NAME: expected .*",
            text("a name has 1 to 64 small letters, digits, dots, hyphens and underscores: a.martin"),
        ),
        (
            r"NAME: there is, or was, .*",
            text("there is, or was, an officer of this name, and a name is never given to another person"),
        ),
        (r"--role: expected .*", text("choose one role or more")),
        (r"--role: an auditor .*", text("an auditor holds no other role, or would review their own work")),
        (r"--role: an operator .*", text("an operator holds no role that decides, for he lets in those who do")),
        (
            r"--authority: expected .*",
            text("a unit has at most 120 letters, digits, spaces and . , & ( ) / ' -"),
        ),
    )
)
"""As `console.wording.sentences.PATTERNS`; a test holds it against what the node says."""
