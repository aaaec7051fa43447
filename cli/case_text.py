"""A case or referral as a text that an officer reads from top to bottom: what to do, why, what, under which conditions.

Everything is there with ``--json``; here what is empty is left out. What another party wrote is shown as `foreign`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from agreements.prose_words import CODES, CONSENTS, counted, field_word, people, plain
from cli.output import foreign
from cli.tables import Table

Shown = Mapping[str, Any]
Line = tuple[str, Sequence[str]]
"""A label, and the lines beside it."""


def text_of(noun: str, shown: Shown, now: datetime) -> Group:
    """Give a case or referral as text."""
    sections = _case_sections(shown, now) if noun == "case" else _referral_sections(shown, now)
    title = Text(f"{noun.capitalize()} {shown['reference']}, {shown['partner']}", style="bold")
    filled = ((heading, [line for line in lines if any(line[1])]) for heading, lines in sections)
    parts = [part for heading, lines in filled if lines for part in _section(heading, lines)]
    return Group(title, *parts, *_next_steps(shown), *_history(shown, now))


def moment(written: str | None, now: datetime) -> str:
    """Give a time as people read it, in UTC and counted from now; empty where there is none."""
    if not written:
        return ""
    then = datetime.fromisoformat(written)
    away = span(abs(then - now))
    return f"{then.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({f'in {away}' if then > now else f'{away} ago'})"


def span(length: timedelta) -> str:
    """Give a length of time in its two largest units."""
    minutes = int(length.total_seconds()) // 60
    sizes = ((minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute"))
    first = next((place for place, (number, _) in enumerate(sizes) if number), None)
    if first is None:
        return "less than a minute"
    return " ".join(counted(number, unit) for number, unit in sizes[first : first + 2] if number)


def _case_sections(shown: Shown, now: datetime) -> Iterator[tuple[str, list[Line]]]:
    yield "Where it stands", [*_standing(shown, now), *_same_hits(shown, now), *_at_the_holder(shown)]
    yield "Who was asked for", _fields(shown.get("subject") or {})
    yield "Why", _asked(shown)
    yield "What the holder told", [("match", [shown["band"]]), ("because", shown["reasons"])]
    yield "Confirmed", _confirmations(shown, now)
    yield "What was requested", _request(shown)
    yield "What the holder asks", _questions(shown)
    yield "What is offered", [] if shown.get("conditions") else _offer(shown)
    yield "Conditions that bind", _conditions(shown.get("conditions"))
    yield "Content", _fields(shown.get("content") or {})
    yield "Content beside who was asked for", _compared(shown) if shown.get("content") else []
    yield "Afterwards", _afterwards(shown, now)


def _referral_sections(shown: Shown, now: datetime) -> Iterator[tuple[str, list[Line]]]:
    yield "Where it stands", [*_standing(shown, now), ("clock", _clock(shown, now))]
    yield "Why was asked", _asked(shown)
    yield "What is requested", _request(shown)
    yield "The appeal that was refused", _request({"request": shown.get("appeal")})
    yield "What was asked back", _questions(shown)
    yield "The match", _match(shown)
    yield "The record", _fields(shown.get("record") or {})
    yield "What stands in the way", [("rules", [_rule(rule) for rule in shown["in_the_way"]])]
    yield "What would be released now", _release(shown)
    yield "What is withheld", _withheld(shown)
    yield "Conditions", _conditions(shown.get("conditions"))
    yield "Approvals", _approvals(shown, now)
    yield "What is offered", _offer(shown)
    yield (
        "Afterwards",
        [*_afterwards(shown, now), ("kept back by", shown["held"]), ("receipt", [plain(shown["receipt"])])],
    )


def _standing(shown: Shown, now: datetime) -> list[Line]:
    by = moment(shown["see_to_by"], now)
    return [
        ("DANGER TO LIFE", ["what is asked appeals to it: see what was requested"] if shown["emergency"] else []),
        ("state", [f"{plain(shown['state'])}, since {moment(shown['since'], now)}"]),
        ("to see to", [*shown["alerts"], *([f"until {by}"] if by else [])]),
        ("agreement", [*_agreement(shown), f"fingerprint {shown['agreement_hash'][:8]}"]),
    ]


def _agreement(shown: Shown) -> list[str]:
    known = shown.get("agreement")
    return [known["title"], f"{known['id']}, version {known['version']}"] if known else []


def _same_hits(shown: Shown, now: datetime) -> list[Line]:
    others = [
        f"{one['reference']}, {plain(one['state'])}, since {moment(one['opened_at'], now)}"
        for one in shown["same_hits"]
    ]
    return [("same record also in", others)]


def _at_the_holder(shown: Shown) -> list[Line]:
    left = shown.get("requests_left")
    counts = left and [
        f"{left['requests_today']} of {counted(left['requests_a_day'], 'request')} today,"
        f" {left['emergencies_this_month']} of {left['emergencies_a_month']} in emergency this month (UTC),"
        f" by its word of {left['said_on']}"
    ]
    hours = shown["decided_within_hours"]
    within = f"it decides within {counted(hours, 'hour')} of receiving the request, but for a judge's time"
    return [
        ("at the holder", [plain(shown["holder_state"]), *([within] if hours else [])]),
        ("left to ask", counts or []),
    ]


def _asked(shown: Shown) -> list[Line]:
    asked = shown.get("asked") or {}
    months = asked.get("penalty_months")
    penalty = "penalty not stated" if months is None else f"up to {counted(months, 'month')} by the asker's law"
    offence = plain(asked.get("offence", ""))
    assured = ", and it is excluded in writing" if asked.get("assurance") else ""
    return [
        ("purpose", [plain(asked.get("purpose", ""))]),
        ("legal basis", [asked.get("legal_basis", "")]),
        ("offence", [f"{offence}, {penalty}, {plain(asked.get('nature', ''))}" if offence else ""]),
        ("the person is", [plain(asked.get("person_role", ""))]),
        ("death penalty", [f"{asked['death_penalty']}{assured}" if asked.get("death_penalty") else ""]),
        ("case", [asked.get("case_reference", "")]),
        ("asked by", [asked.get("asked_by", "")]),
    ]


def _confirmations(shown: Shown, now: datetime) -> list[Line]:
    given = [f"{one['officer']}, {moment(one['at'], now)}: {one['reason']}" for one in shown["confirmations"]]
    needed = (
        f"{len(given)} of {counted(shown['confirmations_needed'], 'officer')}" if shown["confirmations_needed"] else ""
    )
    return [
        ("so far", [needed]),
        ("by", given),
        ("rejected because", [shown["rejected_because"]]),
        ("recalled because", [shown["recalled_because"]]),
        ("changed by the last correction", [", ".join(shown["corrected"])]),
    ]


def _request(shown: Shown) -> list[Line]:
    request = shown.get("request")
    if not request:
        return []
    emergency = request.get("emergency") or {}
    return [
        ("facts", [request["facts"]]),
        ("urgency", [request["urgency"]]),
        ("danger to life", [emergency.get("danger", "")]),
        ("who answers for it", [emergency.get("responsible", "")]),
        ("offence", [plain(request["offence"])]),
        ("confirmed by", [", ".join(request["confirmed_by"])]),
        ("requested by", [request["requested_by"]]),
    ]


def _questions(shown: Shown) -> list[Line]:
    return [
        (f"question {one['number']}", [f"{plain(one['about'])}: {one['answer'] or 'not answered yet'}"])
        for one in shown["questions"]
    ]


def _match(shown: Shown) -> list[Line]:
    return [
        ("record", [shown["record_id"]]),
        ("score", [f"{shown['score']:.2f} of 1, the rule that found it carries {shown['bits']:.0f} bits"]),
        ("told at once", [f"level {shown['level']}"]),
        ("compared", shown["reasons"]),
    ]


def _release(shown: Shown) -> list[Line]:
    return [*_fields(shown.get("content") or {}), ("digest", [shown["digest"]])]


def _withheld(shown: Shown) -> list[Line]:
    return [
        (
            str(field_word(one["field"])),
            [*one["rules"], *([f"leaves as {plain(one['instead'])}"] if one["instead"] else [])],
        )
        for one in shown["withheld"]
    ]


def _approvals(shown: Shown, now: datetime) -> list[Line]:
    if not (shown.get("request") and shown["approvals_needed"]):
        return []
    roles = " or ".join(map(plain, shown["approval_roles"]))
    told = bool(shown["digest"])
    counting = sum(one["counts"] for one in shown["approvals"])
    so_far = f"{counting} of {shown['approvals_needed']} for what would be released now"
    return [
        ("needed", [f"{people(shown['approvals_needed'])}, each {roles}, none who asked"]),
        ("given", [_approval(one, now, told=told) for one in shown["approvals"]]),
        ("so far", [so_far] if told else []),
        ("not by", [f"{one}, who has approved it" for one in shown["not_by"]]),
    ]


def _approval(one: Shown, now: datetime, *, told: bool) -> str:
    void = "; void, for what is released or its officer has changed since" if told and not one["counts"] else ""
    return f"{one['officer']} as {plain(one['role'])}, {moment(one['at'], now)}{void}"


def _clock(shown: Shown, now: datetime) -> list[str]:
    if shown["clock_due_at"]:
        return [f"runs out {moment(shown['clock_due_at'], now)}"]
    if not shown["clock_paused_at"]:
        return []
    left = span(timedelta(seconds=shown["clock_left_seconds"]))
    by = shown["clock_paused_by"]
    return [f"stands still since {moment(shown['clock_paused_at'], now)}, for a judge, by {by}; {left} left"]


def _offer(shown: Shown) -> list[Line]:
    offer = shown.get("offer")
    if not offer:
        return []
    fields = ", ".join(str(field_word(name)) for name in offer["fields"])
    return [("fields", [fields]), *_conditions(offer.get("conditions")), ("digest", [offer["digest"]])]


def _conditions(conditions: Shown | None) -> list[Line]:
    if not conditions:
        return []
    code = conditions["code"]
    return [
        ("handling code", [f"{code}: {CODES.get(code, 'not known here, so take no use of it')}"]),
        ("caveats", conditions["caveats"]),
        ("deletion", [f"{counted(conditions['retention_days'], 'day')} after the content has come"]),
        ("tell of its use", [f"within {counted(conditions['feedback_days'], 'day')}"]),
        ("passing it on", [str(CONSENTS.get(conditions["onward_transfer"], "never"))]),
        ("another purpose", [str(CONSENTS.get(conditions["change_of_purpose"], "never"))]),
    ]


def _afterwards(shown: Shown, now: datetime) -> list[Line]:
    review = shown.get("review") or {}
    judged = f" by {review['by']}: {review['result']}" if review.get("by") else ""
    due = moment(review.get("due_at"), now)
    state = f"{plain(review.get('state', 'none'))}{judged}{f', until {due}' if due and not judged else ''}"
    return [
        ("deleted on", [f"{shown['deleted_on']} (UTC)" if shown["deleted_on"] else ""]),
        ("use told", [_with_words(plain(one["use"]), one["words"]) for one in shown["feedback"]]),
        ("disputed", [shown["disputed"]]),
        ("settled", [shown["settled"]]),
        ("leave", [_leave(one) for one in shown["leaves"]]),
        ("review", [state] if review.get("state", "none") != "none" else []),
    ]


def _leave(one: Shown) -> str:
    given = {None: "not answered yet", True: "given", False: "refused"}[one.get("given")]
    return f"{one['number']}, {plain(one['wanted'])}, {one['to']}: {one['reason']} ({given})"


_RULES = {"record.match_confirmed": "the record has changed since the hit: compare it again, and confirm the match"}


def _rule(rule: str) -> str:
    return f"{rule}: {_RULES[rule]}" if rule in _RULES else rule


def _fields(row: Shown) -> list[Line]:
    """Give a record's or a query's fields, one a line, as words."""
    return [(str(field_word(name)), [*_values(value)]) for name, value in row.items()]


def _values(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _values(one)
    elif isinstance(value, dict) and "number" in value:
        kind, country, note = (value.get(name, "") for name in ("type", "country", "note"))
        of = f" of {country}" if country else ""
        yield _with_words(f"{plain(kind) or 'document'}{of}, number {value['number']}", note)
    elif isinstance(value, dict):
        yield from (f"{plain(name)}: {', '.join(_values(one))}" for name, one in value.items())
    else:
        yield str(value)


def _compared(shown: Shown) -> list[Line]:
    return [(str(field_word(one["field"])), [plain(one["verdict"]), *one["reasons"]]) for one in shown["comparison"]]


def _with_words(what: str, words: str) -> str:
    return f"{what}: {words}" if words else what


def _section(heading: str, lines: Iterable[Line]) -> Iterator[RenderableType]:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(min_width=18)
    grid.add_column()
    for label, values in lines:
        grid.add_row(Text(f"  {label}"), foreign(*(value for value in values if value)))
    yield Text(f"\n{heading}", style="bold")
    yield grid


def _next_steps(shown: Shown) -> Iterator[RenderableType]:
    if shown["next_steps"]:
        yield Text("\nWhat can be done next", style="bold")
    for step in shown["next_steps"]:
        roles = " or ".join(map(plain, step["roles"])) or "nobody: no role may do it"
        yield Text(f"  {step['command']}")
        yield Text(f"      takes: {roles}" + (f"; only if: {step['only_if']}" if step["only_if"] else ""), style="dim")


def _history(shown: Shown, now: datetime) -> Iterator[RenderableType]:
    if not shown.get("history"):
        return
    grid = Table.grid(padding=(0, 2))
    for line in shown["history"]:
        grid.add_row(f"  {moment(line['at'], now)}", plain(line["event"]), foreign(line["by"]))
    yield Text("\nWhat happened", style="bold")
    yield grid
