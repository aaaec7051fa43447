"""``symbolon referral``: what follows a hit at the agency that holds the record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from cli.case_output import ReferenceArgument, WaitingOption, call, show_list, show_one, taking_words
from cli.output import HomeOption, JsonOption, OfficerKeyOption, failing_clearly
from node.cases.messages import Unclear
from symbolon.v1 import cases_pb2 as wire

DigestOption = Annotated[str, typer.Option("--digest", help="Digest of what referral show showed; of nothing else.")]

app = typer.Typer(
    help="Decide what partners ask about hits on your records.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command("list", epilog="Example: symbolon referral list --officer-key k.weber.key")
@failing_clearly
def list_referrals(
    all_of_them: Annotated[
        bool, typer.Option("--all", help="Hits that nobody has asked about and what is over, too.")
    ] = False,
    waiting: WaitingOption = 0,
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """List requests and silent hits with what is to be seen to and until when, the most urgent first.

    With --all it has every hit that was told.
    """
    listed = call(home, officer_key, lambda client: client.referrals(all_of_them=all_of_them, waiting=waiting))
    show_list(listed, as_json, "referral")


@app.command(epilog="Example: symbolon referral show HGQ3N5M2TAYV7KLC --officer-key k.weber.key")
@failing_clearly
def show(
    reference: ReferenceArgument,
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show one referral, and to who may approve it what would be released now, or which rules stand in the way."""
    show_one(call(home, officer_key, lambda client: client.referral(reference)), as_json)


@app.command(epilog="Example: symbolon referral see HGQ3N5M2TAYV7KLC --officer-key k.weber.key")
@taking_words
def see(
    reference: ReferenceArgument,
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Take note of a silent hit, whose asker is told nothing, or of an appeal for a life that was over the quota."""
    _act(home, officer_key, reference, as_json, see=wire.Plain())


@app.command(
    epilog="Example: symbolon referral approve HGQ3N5M2TAYV7KLC --digest"
    " 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --officer-key k.weber.key"
)
@taking_words
def approve(
    reference: ReferenceArgument,
    digest: DigestOption,
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Approve the release of what referral show shows. With the last approval needed the conditions are offered.

    Nobody approves twice, and nobody who asked. Where record or agreement change afterwards, approvals are void.
    """
    _act(home, officer_key, reference, as_json, approve=wire.Worded(words=digest))


@app.command(
    "confirm-match",
    epilog="Example: symbolon referral confirm-match HGQ3N5M2TAYV7KLC --digest"
    " 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --officer-key k.weber.key",
)
@taking_words
def confirm_match(
    reference: ReferenceArgument,
    digest: DigestOption,
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Say that a record which changed after the hit is still of the person asked for.

    Before that nothing of it is released. Approvals given before are void.
    """
    _act(home, officer_key, reference, as_json, confirm_match=wire.Worded(words=digest))


@app.command(
    epilog="Example: symbolon referral decline HGQ3N5M2TAYV7KLC"
    " --reason 'a source would be known by it' --officer-key k.weber.key"
)
@taking_words
def decline(
    reference: ReferenceArgument,
    reason: Annotated[str, typer.Option(help="Why; for this agency's log only, the asker reads no reason.")],
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Decline a request. The asker reads that nothing more will come, and nothing else."""
    _act(home, officer_key, reference, as_json, decline=wire.Worded(words=reason))


@app.command(epilog="Example: symbolon referral judge HGQ3N5M2TAYV7KLC --officer-key k.weber.key")
@taking_words
def judge(
    reference: ReferenceArgument,
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Hand a request to a judge. The clock stands still, and the asker sees that."""
    _act(home, officer_key, reference, as_json, judge=wire.Plain())


@app.command(epilog="Example: symbolon referral resume HGQ3N5M2TAYV7KLC --officer-key k.weber.key")
@taking_words
def resume(
    reference: ReferenceArgument,
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Take a request back from the judge. The clock goes on with what was left."""
    _act(home, officer_key, reference, as_json, resume=wire.Plain())


@app.command(
    epilog="Example: symbolon referral send HGQ3N5M2TAYV7KLC --digest"
    " 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --officer-key k.weber.key"
)
@taking_words
def send(
    reference: ReferenceArgument,
    digest: DigestOption,
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Send content that was kept back although its conditions were acknowledged, if the agreement allows it again."""
    _act(home, officer_key, reference, as_json, send=wire.Worded(words=digest))


@app.command(
    epilog="Example: symbolon referral recall HGQ3N5M2TAYV7KLC --reason 'entered by mistake' --officer-key k.weber.key"
)
@taking_words
def recall(
    reference: ReferenceArgument,
    reason: Annotated[str, typer.Option(help="Why; the receiver reads it.")],
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Recall what was told or released. The receiver's copy is erased, and a receipt comes back.

    Before content has left it takes back the hit itself, as a mistake. What is asked is refused with decline.
    """
    _act(home, officer_key, reference, as_json, recall=wire.Worded(words=reason))


@app.command(
    epilog="Example: symbolon referral correct HGQ3N5M2TAYV7KLC --digest"
    " 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --officer-key k.weber.key"
)
@taking_words
def correct(
    reference: ReferenceArgument,
    digest: DigestOption,
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Approve that what referral show shows replaces what was released; it takes the approvals of a release.

    The last approval sends it, and a receipt comes back. Where it has a field more or other conditions, it is offered
    anew: the copy is erased there, and nothing comes before the acknowledgement.
    """
    _act(home, officer_key, reference, as_json, correct=wire.Worded(words=digest))


@app.command(
    epilog="Example: symbolon referral settle HGQ3N5M2TAYV7KLC"
    " --reason 'the passport was seen by us' --officer-key k.weber.key"
)
@taking_words
def settle(
    reference: ReferenceArgument,
    reason: Annotated[str, typer.Option(help="Why it stands; the receiver reads it.")],
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Let stand what the receiver disputes. Where it is right, correct or recall instead."""
    _act(home, officer_key, reference, as_json, settle=wire.Worded(words=reason))


@app.command(epilog="Example: symbolon referral review HGQ3N5M2TAYV7KLC --result 'in order' --officer-key k.weber.key")
@taking_words
def review(
    reference: ReferenceArgument,
    result: Annotated[str, typer.Option(help="The result of the review, in words.")],
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Review a use of the emergency clause: by an officer who had no part in the referral."""
    _act(home, officer_key, reference, as_json, review=wire.Worded(words=result))


@app.command(epilog="Example: symbolon referral ask HGQ3N5M2TAYV7KLC --about legal_basis --officer-key k.weber.key")
@taking_words
def ask(
    reference: ReferenceArgument,
    about: Annotated[
        str,
        typer.Option(help="What is unclear.", metavar="|".join(get_args(Unclear))),
    ],
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Ask the asker about its request, from a closed list: free words could tell of the record. The clock goes on."""
    _act(home, officer_key, reference, as_json, ask=wire.Question(about=about))


@app.command(
    "answer-leave", epilog="Example: symbolon referral answer-leave HGQ3N5M2TAYV7KLC 1 --give --officer-key k.weber.key"
)
@taking_words
def answer_leave(
    reference: ReferenceArgument,
    number: Annotated[int, typer.Argument(help="Number of the request for leave; see referral show.")],
    give: Annotated[bool, typer.Option("--give/--refuse", help="Whether leave is given.")] = False,
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Give the receiver leave to pass content on or to use it for another purpose, or refuse it."""
    _act(home, officer_key, reference, as_json, answer_leave=wire.Leave(number=number, given=give))


def _act(home: Path, officer_key: Path | None, reference: str, as_json: bool, **step: Any) -> None:
    show_one(call(home, officer_key, lambda client: client.act_on_referral(reference, **step)), as_json)
