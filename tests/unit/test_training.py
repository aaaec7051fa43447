"""What the training federation prints: all of it fits a terminal of 80 columns and 24 lines."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pyotp
from rich.console import Console
from rich.live import Live

from deploy.demo.training import CONSOLES, STAFF, Trainee, by_command, codes, whereabouts
from deploy.local import LocalFederation
from node.accounts.authenticator import STEP_SECONDS, draw_secret, step_of

TRAINEES = [Trainee(agency, name, role, pyotp.random_base32()) for agency in CONSOLES for name, role in STAFF.items()]


def _terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, color_system=None, width=80, height=24)


def test_every_code_stands_whole_on_a_small_terminal() -> None:
    console = _terminal()
    assert len(console.render_lines(codes(TRAINEES))) < 24
    with Live(codes(TRAINEES), console=console, auto_refresh=False) as live:
        live.refresh()
    shown = console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO
    for one in TRAINEES:
        assert one.code() in shown
        assert one.name in shown
    assert "Ctrl-C ends all." in shown
    assert "..." not in shown


def test_the_secret_of_every_account_stands_on_one_line_with_its_console() -> None:
    console = _terminal()
    console.print(whereabouts(lambda agency: f"{agency}.example:1", TRAINEES))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]  # a StringIO
    for one in TRAINEES:
        assert any(one.agency in line and one.name in line and one.secret in line for line in lines)
    for agency in CONSOLES:
        assert any(f"https://{agency}.example:1/" in line for line in lines)


def test_who_trains_at_a_command_line_is_told_folder_and_key_each_on_one_line(tmp_path: Path) -> None:
    console, federation = _terminal(), LocalFederation(tmp_path / ("long" * 20), {})
    one = TRAINEES[0]
    assert one.role == "analyst"  # whose command is shown
    console.print(by_command(federation, one), crop=False)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]  # a StringIO
    assert f"  export SYMBOLON_HOME={federation.home(one.agency)}" in lines
    assert f"  export SYMBOLON_OFFICER_KEY={federation.officer_key(one.agency, one.name)}" in lines


def test_the_first_code_that_is_shown_is_not_the_one_that_enrolled() -> None:
    used = int(time.time()) // STEP_SECONDS
    secret = draw_secret()
    shown = Trainee("GR-YPAM", "anna.analyst", "analyst", secret, used).code()
    assert step_of(secret, shown, time.time(), used) > used
