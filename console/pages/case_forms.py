"""The forms of a case's next steps: which there are, for whom, and what a step takes from a form that was sent.

Which steps can be taken the node says (`NextStep`); there is no second list of that here. A form's name is that of its
step, with what tells two ways of one step apart; the names of its fields begin with it, so that no two are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from console.numbers import whole
from node.officers.register import Officer
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.v1 import cases_pb2 as wire


class Fields(Protocol):
    """The fields of a form that was sent."""

    def text(self, name: str) -> str:
        """Give a field."""

    def checked(self, name: str) -> bool:
        """Say whether a box is ticked."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into the form of this name, for showing it again."""

    name: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StepForm:
    """One next step: its form's name, its step, the number it is about, who takes it, and what else has to hold.

    ``opened`` says that it is shown open: it is the first, or was sent and refused.
    """

    name: str
    step: str
    kind: str
    number: int
    roles: tuple[str, ...]
    only_if: str
    opened: bool
    typed: Mapping[str, str]

    @property
    def path(self) -> str:
        """Give the last part of the address it is sent to."""
        return self.step.replace("_", "-")

    def value(self, field: str) -> str:
        """Give what was typed into a field; empty before."""
        return self.typed.get(field, "")

    @property
    def is_ticked(self) -> bool:
        """Say whether its box was ticked."""
        return bool(self.typed.get("sure"))


_WAYS: Mapping[tuple[str, str], str] = {
    ("request", "danger"): "request-emergency",
    ("ask_leave", "to"): "ask_leave-to",
    ("ask_leave", "purpose"): "ask_leave-purpose",
}
_OPENED = frozenset({"confirm", "reject", "request", "answer", "acknowledge", "read", "see", "review"})
"""What is shown open: the next thing to do. Others are a line until somebody wants them."""


def forms_of(
    case: wire.CaseShown, officer: Officer, typed: Typed | None = None
) -> tuple[list[StepForm], list[StepForm]]:
    """Give the next steps of a case that this officer's roles allow, and those that take another."""
    forms = [_form(step, typed) for step in case.file.next_steps]
    mine = [form for form in forms if officer.roles & set(form.roles)]
    return mine, [form for form in forms if form not in mine]


def _form(step: wire.NextStep, typed: Typed | None) -> StepForm:
    kind = next((_WAYS[step.step, option] for option in step.options if (step.step, option) in _WAYS), step.step)
    name = f"{kind}-{step.number}" if step.number else kind
    was_sent = typed is not None and typed.name == name
    values = typed.values if typed and was_sent else {}
    roles, opened = tuple(step.roles), was_sent or kind in _OPENED
    return StepForm(name, step.step, kind, step.number, roles, step.only_if, opened, values)


def typed_in(name: str, values: Mapping[str, list[str]]) -> Typed:
    """Give what was typed into a form, its fields by their own names."""
    begin = f"{name}_"
    return Typed(
        name, {key.removeprefix(begin): "\n".join(said) for key, said in values.items() if key.startswith(begin)}
    )


def step_of(step: str, name: str, form: Fields) -> dict[str, Any]:
    """Give a step as `ActOnCaseRequest` takes it; raise `SymbolonError` (`INVALID_INPUT`) for what lacks its tick."""

    def field(of: str) -> str:
        return form.text(f"{name}_{of}")

    return {step: _TAKEN[step](field)}


_Field = Callable[[str], str]


def _worded(field: _Field) -> wire.Worded:
    return wire.Worded(words=field("words"))


def _follow_up(field: _Field) -> wire.FollowUp:
    asked = wire.FollowUp(facts=field("facts"), urgency=field("urgency"))
    if field("emergency"):
        asked.emergency.MergeFrom(wire.EmergencyUse(responsible=field("responsible"), danger=field("danger")))
    return asked


def _acknowledged(field: _Field) -> wire.Worded:
    _check_tick(field, "tick that you take on exactly these conditions")
    return wire.Worded(words=field("digest"))


def _deleted(field: _Field) -> wire.Plain:
    _check_tick(field, "tick that the copy is to be erased")
    return wire.Plain()


def _check_tick(field: _Field, wanted: str) -> None:
    if not field("sure"):
        raise SymbolonError(ErrorCode.INVALID_INPUT, wanted)


def _number(field: _Field) -> int:
    return whole(field("number")) or 0


_TAKEN: Mapping[str, Callable[[_Field], Any]] = {
    "confirm": _worded,
    "reject": _worded,
    "request": _follow_up,
    "answer": lambda field: wire.Question(number=_number(field), answer=field("words")),
    "acknowledge": _acknowledged,
    "read": lambda _: wire.Plain(),
    "feedback": lambda field: wire.Use(use=field("use"), words=field("words")),
    "dispute": _worded,
    "ask_leave": lambda field: wire.Leave(wanted=field("wanted"), to=field("to"), reason=field("reason")),
    "delete": _deleted,
    "see": lambda _: wire.Plain(),
    "review": _worded,
}
"""What each step takes from its form."""
