"""``symbolon case``: what follows a hit at the agency that asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from cli.case_output import (
    AgencyOption,
    ReferenceArgument,
    WaitingOption,
    call,
    show_cleared,
    show_list,
    show_one,
    taking_words,
)
from cli.output import HomeOption, JsonOption, OfficerKeyOption, emit, failing_clearly
from node.cases.messages import Use
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import IdentityError, Party
from symbolon.v1 import cases_pb2 as wire

app = typer.Typer(
    help="Follow up a hit: confirm, request, acknowledge, read.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_Words = Annotated[str, typer.Option(help="In words, for the giver of the content.")]


@app.command("list", epilog="Example: symbolon case list --officer-key a.martin.key")
@failing_clearly
def list_cases(
    over_too: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    partner: Annotated[str, typer.Option("--agency", help="Only those at this agency.", show_default=False)] = "",
    state: Annotated[
        str, typer.Option(help="Only those in this state, as the list names it, over or not.", show_default=False)
    ] = "",
    case: Annotated[
        str, typer.Option(help="Only those of this case reference, as it was given with the query.", show_default=False)
    ] = "",
    waiting: WaitingOption = 0,
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """List the cases with what is to be seen to and until when, the most urgent first.

    What is a joint team's, only its members see.
    """
    wanted = {"partner": partner, "state": state.replace(" ", "_"), "case_reference": case}
    listed = call(home, officer_key, lambda client: client.cases(over_too=over_too, waiting=waiting, **wanted))
    show_list(listed, as_json, "case")


@app.command(epilog="Example: symbolon case show HGQ3N5M2TAYV7KLC --officer-key a.martin.key")
@failing_clearly
def show(
    reference: ReferenceArgument,
    agency: AgencyOption = "",
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show where a case stands, on both sides, without content. That it was shown is logged."""
    member = _member(agency)
    show_one(call(home, officer_key, lambda client: client.case(reference, member)), as_json)


@app.command(
    epilog="Example: symbolon case confirm HGQ3N5M2TAYV7KLC --reason 'the scar on the left hand'"
    " --officer-key a.martin.key"
)
@taking_words
def confirm(
    reference: ReferenceArgument,
    reason: Annotated[
        str, typer.Option(help="Why it is the person asked for; for who confirms next and this agency's log.")
    ],
    agency: AgencyOption = "",
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Confirm that the match is the person asked for. Some agreements want several officers to say so."""
    _act(home, officer_key, reference, agency, as_json, confirm=wire.Worded(words=reason))


@app.command(
    epilog="Example: symbolon case reject HGQ3N5M2TAYV7KLC --reason 'another birth place' --officer-key a.martin.key"
)
@taking_words
def reject(
    reference: ReferenceArgument,
    reason: Annotated[str, typer.Option(help="Why it is another person; for this agency's log.")],
    agency: AgencyOption = "",
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Say that the match is another person. The case ends, its file is erased, and the same hit opens no case again."""
    _act(home, officer_key, reference, agency, as_json, reject=wire.Worded(words=reason))


@app.command(
    epilog="Example: symbolon case request HGQ3N5M2TAYV7KLC --facts 'seen twice at the border with different papers'"
    " --officer-key a.martin.key"
)
@taking_words
def request(
    reference: ReferenceArgument,
    facts: Annotated[str, typer.Option(help="Why more is asked: the facts of the case, for the holder's officers.")],
    urgent: Annotated[bool, typer.Option("--urgent", help="Ask for the shorter clock of the agreement.")] = False,
    danger: Annotated[
        str, typer.Option(help="Appeal to the emergency clause: the danger to life. Needs --responsible.")
    ] = "",
    responsible: Annotated[str, typer.Option(help="The officer who answers for the emergency by name.")] = "",
    agency: AgencyOption = "",
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Ask the holder for the data behind a confirmed match, for the offence and the purpose of the query.

    The emergency clause needs no confirmation before, and a review afterwards on both sides; its uses are counted.
    """
    if bool(danger) != bool(responsible):
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--danger and --responsible belong together")
    emergency = wire.EmergencyUse(responsible=responsible, danger=danger) if danger else None
    follow_up = wire.FollowUp(facts=facts, urgency="urgent" if urgent else "normal", emergency=emergency)
    _act(home, officer_key, reference, agency, as_json, request=follow_up)


@app.command(
    epilog="Example: symbolon case acknowledge HGQ3N5M2TAYV7KLC --offer"
    " 0f3c5d9a7e21b4680f3c5d9a7e21b4680f3c5d9a7e21b4680f3c5d9a7e21b468 --officer-key a.martin.key"
)
@taking_words
def acknowledge(
    reference: ReferenceArgument,
    offer: Annotated[str, typer.Option(help="Digest of the offer whose conditions are taken on; see case show.")],
    agency: AgencyOption = "",
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Take on exactly the conditions offered: handling code, caveats, deletion, feedback. Then the content comes."""
    _act(home, officer_key, reference, agency, as_json, acknowledge=wire.Worded(words=offer))


@app.command(epilog="Example: symbolon case read HGQ3N5M2TAYV7KLC --officer-key a.martin.key")
@taking_words
def read(
    reference: ReferenceArgument,
    agency: AgencyOption = "",
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Read the content, with the conditions that bind. Each reading is logged before it is shown."""
    _act(home, officer_key, reference, agency, as_json, read=wire.Plain())


@app.command(epilog="Example: symbolon case feedback HGQ3N5M2TAYV7KLC --use led_to_inquiry --officer-key a.martin.key")
@taking_words
def feedback(
    reference: ReferenceArgument,
    use: Annotated[
        str,
        typer.Option(
            help="What came of it.",
            metavar="|".join(get_args(Use)),
        ),
    ],
    words: _Words = "",
    agency: AgencyOption = "",
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Tell the giver what the content was used for and what came of it."""
    _act(home, officer_key, reference, agency, as_json, feedback=wire.Use(use=use, words=words))


@app.command(
    epilog="Example: symbolon case dispute HGQ3N5M2TAYV7KLC --words 'the passport says 1985' --officer-key a.martin.key"
)
@taking_words
def dispute(
    reference: ReferenceArgument,
    words: Annotated[str, typer.Option(help="What seems wrong, and why; for the giver.")],
    agency: AgencyOption = "",
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Tell the giver that something released seems wrong. Only the giver corrects it."""
    _act(home, officer_key, reference, agency, as_json, dispute=wire.Worded(words=words))


@app.command(epilog="Example: symbolon case delete HGQ3N5M2TAYV7KLC --officer-key a.martin.key")
@taking_words
def delete(
    reference: ReferenceArgument,
    agency: AgencyOption = "",
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Delete the content before its day; the giver gets the receipt. On its day the node does so by itself."""
    _act(home, officer_key, reference, agency, as_json, delete=wire.Plain())


@app.command(
    epilog="Example: symbolon case answer HGQ3N5M2TAYV7KLC 1 --words 'article 25 (EU) 2024/982'"
    " --officer-key a.martin.key"
)
@taking_words
def answer(
    reference: ReferenceArgument,
    number: Annotated[int, typer.Argument(help="Number of the holder's question; see case show.")],
    words: Annotated[str, typer.Option(help="The answer, for the holder's officers.")],
    agency: AgencyOption = "",
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Answer what the holder asks about the request. Its clock goes on meanwhile."""
    _act(home, officer_key, reference, agency, as_json, answer=wire.Question(number=number, answer=words))


@app.command(
    "ask-leave",
    epilog="Example: symbolon case ask-leave HGQ3N5M2TAYV7KLC --to IT-ALTRA --reason 'the same network'"
    " --officer-key a.martin.key",
)
@taking_words
def ask_leave(
    reference: ReferenceArgument,
    reason: Annotated[str, typer.Option(help="Why; for the giver.")],
    to: Annotated[str, typer.Option(help="Leave to pass content on: to whom.")] = "",
    purpose: Annotated[str, typer.Option(help="Leave to use content otherwise: for which purpose.")] = "",
    agency: AgencyOption = "",
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Ask the giver for leave to pass content on (--to) or to use it for another purpose (--purpose), one of both.

    What the conditions bar is refused.
    """
    if bool(to) == bool(purpose):
        raise SymbolonError(
            ErrorCode.INVALID_INPUT, "--to and --purpose: give one of both, and ask for the other by itself"
        )
    leave = wire.Leave(wanted="onward_transfer" if to else "change_of_purpose", to=to or purpose, reason=reason)
    _act(home, officer_key, reference, agency, as_json, ask_leave=leave)


@app.command(epilog="Example: symbolon case see HGQ3N5M2TAYV7KLC --officer-key a.martin.key")
def see(
    reference: ReferenceArgument,
    agency: AgencyOption = "",
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Take note of what the holder has done: recalled, declined, settled a dispute, answered about leave."""
    _act(home, officer_key, reference, agency, as_json, see=wire.Plain())


@app.command(
    epilog="Example: symbolon case review HGQ3N5M2TAYV7KLC --result 'the danger was real' --officer-key c.juste.key"
)
@taking_words
def review(
    reference: ReferenceArgument,
    result: Annotated[str, typer.Option(help="The result of the review, in words.")],
    agency: AgencyOption = "",
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Review a use of the emergency clause: by an officer who had no part in the case."""
    _act(home, officer_key, reference, agency, as_json, review=wire.Worded(words=result))


@app.command(epilog="Example: symbolon case cleared --officer-key a.martin.key")
@failing_clearly
def cleared(
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """List the hits that were rejected and open no case when they come again: by whom, when, why, how often since."""
    show_cleared(call(home, officer_key, lambda client: client.cleared()), as_json)


@app.command(epilog="Example: symbolon case unclear HGQ3N5M2TAYV7KLC --officer-key a.martin.key")
@failing_clearly
def unclear(
    reference: ReferenceArgument,
    agency: AgencyOption = "",
    officer_key: OfficerKeyOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Take back that a hit is cleared: when it comes again it opens a case. The case that was rejected stays ended."""
    call(home, officer_key, lambda client: client.take_back_clearing(reference, agency))
    emit({"reference": reference, "cleared": False}, as_json, lambda: "It opens a case when it comes again.")


def _act(home: Path, officer_key: Path | None, reference: str, agency: str, as_json: bool, **step: Any) -> None:
    member = _member(agency)
    show_one(call(home, officer_key, lambda client: client.act_on_case(reference, member, **step)), as_json)


def _member(agency: str) -> str:
    try:
        return Party.agency(agency).uri if agency else ""
    except IdentityError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--agency: expected a name, for example FR-DNMS") from None
