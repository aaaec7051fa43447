"""The exact command of a step that can be taken now, read off the commands themselves: there is no second list.

What an officer has to write stands as '...', what is one of a closed list as that list.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

TO_FILL_IN = "..."
"""What stands in a command in place of words that an officer writes; as it stands no command takes it."""


def command_of(noun: str, shown: Mapping[str, Any], step: Mapping[str, Any]) -> str:
    """Give the command of a step with a case or referral as shown."""
    from cli.main import COMMANDS  # noqa: PLC0415  # which imports the commands that import this

    name = step["step"].replace("_", "-")
    command = COMMANDS[noun].load(noun).commands[name]
    known = {"reference": shown["reference"], "number": step["number"], **_digests(shown)}
    words = [word for parameter in command.params for word in _words(parameter, step["options"], known)]
    return " ".join(["symbolon", noun, name, *words])


def _digests(shown: Mapping[str, Any]) -> dict[str, str]:
    digests = {"digest": shown.get("digest"), "offer": (shown.get("offer") or {}).get("digest")}
    return {name: digest for name, digest in digests.items() if digest}


def _words(parameter: Any, options: list[str], known: Mapping[str, Any]) -> Iterator[str]:
    told = str(known.get(parameter.name, parameter.metavar or ""))
    value = shlex.quote(told) if told else f"'{TO_FILL_IN}'"
    if parameter.param_type_name == "argument":
        yield value
        return
    wanted = {f"--{option}" for option in options}
    for flag in (*parameter.opts, *parameter.secondary_opts):
        if flag in wanted or (parameter.required and flag.startswith("--")):
            yield flag if parameter.is_flag else f"{flag} {value}"
