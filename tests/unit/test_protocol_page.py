"""The protocol page and the code agree on every size and limit, and every test the page names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from matching import canaries, envelope, lockbox, mailbag, oblivious, reply
from matching.keys import SEAL_OVERHEAD_BYTES
from node.mail import frames

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/explanation/protocol.md").read_text()
FLAT = " ".join(PAGE.split())
HEADER_AT_MOST = 828


@pytest.mark.parametrize("size", lockbox.SizeClass)
def test_the_table_of_sizes_is_that_of_the_code(size: lockbox.SizeClass) -> None:
    sealed = envelope.sealed_bytes(size)
    figures = (size.lockbox_bytes, sealed, sealed + HEADER_AT_MOST + 106, size.payload_bytes - 4)
    row = f"| {int(size)} | " + " | ".join(f"{figure:,}" for figure in figures) + " |"
    assert row in PAGE


@pytest.mark.parametrize(
    "statement",
    [
        f"A reply has {reply.REPLY_BYTES:,} bytes, of which a caller may fill {reply.REPLY_CONTENT_BYTES:,}",
        f"a header has at most {HEADER_AT_MOST}",
        f"A batch has 1 to {oblivious.MAX_BATCH:,} elements",
        f"`max({canaries.FEWEST}, ⌈{canaries.PER_10_000} n / 10,000⌉)` canaries",
        "parties {sender}, epoch {epoch}, normaliser version {normaliser_version}, agreement id {agreement_id}, "
        "purpose {purpose}".format(**envelope.HEADER_LIMITS),
        "justification 0 to {justification} bytes, legal basis 1 to {legal_basis}, "
        "case reference 1 to {case_reference}, user id 1 to {user_id}".format(**envelope.BODY_LIMITS),
        f"by at most {envelope.MAX_LIFETIME:,} seconds",
        f"`issued at ≤ now + {envelope.MAX_SKEW}` and `now < expires at + {envelope.MAX_SKEW}`",
        f"pad(body, lockbox size + {envelope.BODY_ROOM_BYTES:,})",
        f"pad(content, {reply.REPLY_PLAINTEXT_BYTES:,})",
        f"pad(content, {mailbag.MAILBAG_PLAINTEXT_BYTES:,})",
        f"The sealed body has {mailbag.MAILBAG_PLAINTEXT_BYTES + SEAL_OVERHEAD_BYTES:,} bytes",
        f"and at most {mailbag.MOST_MAILBAG_BYTES:,}",
        f"`now < issued at + {mailbag.MAX_AGE} + {envelope.MAX_SKEW}`",
        f"at most {frames.MOST_FRAMES} frames, {mailbag.MAILBAG_CONTENT_BYTES:,} bytes",
        f"belong to at most {frames.MOST_MESSAGES} messages",
        f"A message has 1 to {frames.LARGEST_MESSAGE:,} bytes",
        f"of {frames.MESSAGE_ID_BYTES} random bytes",
    ],
)
def test_every_stated_limit_is_that_of_the_code(statement: str) -> None:
    assert statement in FLAT


def test_every_label_of_the_code_is_on_the_page() -> None:
    source = "".join((ROOT / "matching" / f"{name}.py").read_text() for name in ("oblivious", "canaries", "lockbox"))
    source += "".join((ROOT / "matching" / f"{name}.py").read_text() for name in ("envelope", "reply", "mailbag"))
    source += (ROOT / "node/mail/frames.py").read_text()
    labels = set(re.findall(r'"(symbolon/v1/[a-z-]+)"', source))
    assert len(labels) >= 16
    assert not {label for label in labels if f'"{label}"' not in PAGE}


def test_every_test_the_page_names_exists() -> None:
    named = set(re.findall(r"`(?:tests/unit/)?(test_\w+)(?:\.py)?`", PAGE))
    files = {path.stem: path.read_text() for path in (ROOT / "tests").rglob("test_*.py")}
    functions = set(re.findall(r"def (test_\w+)", "".join(files.values())))
    assert len(named) > 12
    assert named <= functions | set(files)


def test_requirement_words_are_used_in_capitals_only() -> None:
    prose = re.sub(r"```.*?```", "", PAGE, flags=re.S)
    assert not re.findall(r"\b(must|should|Must|Should)\b", prose)
