"""The parts of the reference that follow from the code: tables of commands, options and settings.

``python -m tests.unit.reference_pages`` writes them into the pages anew; `test_documentation` compares. A table stands
between two lines, ``<!-- name -->`` and ``<!-- end -->``; the text around it is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from annotated_types import Ge, Gt, Le, Lt, MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer.core import TyperGroup

from auditing.thresholds import RULES, Thresholds
from cli.loading import LazyGroup
from cli.main import COMMANDS
from coordinator.custodian.home import CustodianSettings
from coordinator.home import CoordinatorSettings
from node.config import NodeSettings
from node.officers.register import MAY, Action, in_order
from node.records.rules import HouseRules
from node.systems.home import SystemSettings
from symbolon.rpc.settings import Settings
from tests.conftest import REPOSITORY
from tests.unit.agreement_page import agreement_parts
from tests.unit.scoring_page import scoring_parts
from tests.unit.stages_page import stages_parts

REFERENCE = REPOSITORY / "docs" / "reference"
SETTINGS: dict[str, type[Settings]] = {
    "node.toml": NodeSettings,
    "rules.toml": HouseRules,
    "coordinator.toml": CoordinatorSettings,
    "custodian.toml": CustodianSettings,
    "system.toml": SystemSettings,
}
EVERYWHERE = frozenset({"--home", "--json", "--help"})
"""Options that every command has; the page explains them once."""


def leaves(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Give every command that is no group, with the words that call it."""
    children: Mapping[str, Any]
    if isinstance(command, LazyGroup):
        children = {name: entry.load(name) for name, entry in command.entries.items()}
    elif isinstance(command, TyperGroup):
        children = command.commands
    else:
        yield " ".join(path), command
        return
    for name, child in children.items():
        yield from leaves(child, (*path, name))


def all_commands() -> dict[str, Any]:
    """Give every command by the words that call it."""
    return dict(leaf for name, entry in COMMANDS.items() for leaf in leaves(entry.load(name), (name,)))


def command_section(path: str, command: Any) -> str:
    """Give the section of one command: what it does, its example, its own arguments and options."""
    text = re.sub(r"(?<!\n)\n(?!\n)", " ", command.help.strip())
    example = command.epilog.removeprefix("Example: ")
    lines = [f"### `symbolon {path}`", "", text, "", "```sh", example, "```", ""]
    rows = [_parameter_row(one) for one in command.params if not EVERYWHERE & set(one.opts)]
    if rows:
        lines += ["| option | default | meaning |", "|---|---|---|", *rows, ""]
    return "\n".join(lines)


def commands_table() -> str:
    """Give the sections of all commands, under their groups."""
    parts = []
    for name, entry in COMMANDS.items():
        parts.append(f"## {name}\n\n{entry.summary}\n")
        parts += [command_section(path, one) for path, one in leaves(entry.load(name), (name,))]
    return "\n".join(parts)


def settings_table(kind: type[BaseModel]) -> str:
    """Give the table of one settings file, or of the thresholds."""
    rows = [f"| `{name}` | {_default(field)} | {_meaning(field)} |" for name, field in kind.model_fields.items()]
    return "\n".join(["", "| setting | default | meaning |", "|---|---|---|", *rows, ""])


ACTIONS: dict[Action, str] = {
    "query": "ask partners whether they know a person",
    "see_batches": "see how far lists of persons are, in counts",
    "handle_batches": "read what came of a list, cancel or erase it; one's own, or for a supervisor anybody's",
    "see_cases": "list and show the cases this agency asks in, without content",
    "confirm": "confirm or reject a match, with a reason",
    "request": "send a reasoned request for more",
    "see_referrals": "list and show requests to this agency and its silent hits",
    "approve": "approve a release from this agency or its correction",
    "decline": "decline a request to this agency",
    "judge": "stop the clock of a request for a judge, and start it again",
    "recall": "recall what this agency released, or settle a dispute",
    "read_content": "read what a partner released",
    "review": "review the use of an emergency clause",
    "audit": "read and open the disclosure log",
    "answer_subject": "look for a data subject in the list and the disclosure log, and decide what that person is told",
    "see_viewings": "see who looked at the disclosure log, when and at what",
    "operate": "keep the node: its lists, peers, keys and certificates, and the staff's accounts",
    "vouch": "see the staff, and confirm as a second officer that it was the person who enrolled",
    "read_agreements": "read the agreements, and what they let through",
}
"""What each action of the desk is."""


def officers_table() -> str:
    """Give the table of actions and the roles that may do them."""
    rows = [
        f"| `{action}` | {ACTIONS[action]} | {', '.join(f'`{role}`' for role in in_order(roles))} |"
        for action, roles in MAY.items()
    ]
    return "\n".join(["", "| action | what it is | roles |", "|---|---|---|", *rows, ""])


def rules_table() -> str:
    """Give the table of the fishing patterns."""
    rows = [f"| {rule.title} | {_named(rule.rule.text)} | {_named(rule.unseen.text)} |" for rule in RULES]
    return "\n".join(["", "| pattern | named when | cannot see |", "|---|---|---|", *rows, ""])


def _named(text: str) -> str:
    """Give a rule with the names of its thresholds."""
    return re.sub(r"%\((\w+)\)s", r"`\1`", text).replace("%%", "%")


def pages() -> dict[str, dict[str, str]]:
    """Give the tables of each page by name."""
    return {
        "commands.md": {"commands": commands_table()},
        "settings.md": {name: settings_table(kind) for name, kind in SETTINGS.items()},
        "agreement.md": agreement_parts(),
        "officers.md": {"officers": officers_table()},
        "review.md": {"rules": rules_table(), "thresholds": settings_table(Thresholds)},
        "../explanation/scoring.md": scoring_parts(),
        "../explanation/stages.md": stages_parts(),
    }


def with_tables(page: str, tables: dict[str, str]) -> str:
    """Give a page with its tables as they follow from the code; raise `ValueError` where one has no place."""
    for name, table in tables.items():
        marked = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- end -->)", re.S)
        page, count = marked.subn(lambda found, table=table: found[1] + table + found[2], page)  # type: ignore[misc]
        if count != 1:
            raise ValueError(f"{name}: expected one place on the page, found {count}")
    return page


def write() -> None:
    """Write every page's tables anew."""
    for name, tables in pages().items():
        path = REFERENCE / name
        path.write_text(with_tables(path.read_text(encoding="utf-8"), tables), encoding="utf-8")


def _parameter_row(parameter: Any) -> str:
    name = ", ".join(f"`{one}`" for one in parameter.opts)
    if parameter.param_type_name == "argument":
        name = f"`{parameter.name.upper()}`"
    if parameter.required:
        default = "required"
    elif isinstance(parameter.show_default, str):
        default = parameter.show_default
    else:
        plain = parameter.default
        default = "" if plain in (None, "", False) or callable(plain) else f"`{plain}`"
    return f"| {name} | {default} | {parameter.help} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    return "none" if value in (None, {}, ()) else f"`{value}`"


def _meaning(field: FieldInfo) -> str:
    words = {Ge: "at least", Gt: "more than", Le: "at most", Lt: "less than", MaxLen: "characters: at most"}
    limits = [f"{words[type(one)]} {_bound(one)}" for one in field.metadata if type(one) in words]
    return f"{field.description} ({', '.join(limits)})" if limits else str(field.description)


def _bound(limit: object) -> object:
    (name,) = (one for one in ("ge", "gt", "le", "lt", "max_length") if hasattr(limit, one))
    return getattr(limit, name)


if __name__ == "__main__":
    write()
