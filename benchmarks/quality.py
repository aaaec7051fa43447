"""Every quality benchmark on the shared labelled sets, and the reference page they make: one command.

``python -m benchmarks.quality --shared DIR [--without RESOURCE] [--output FILE] [--no-peers] [--results FILE]``

Each set of `SETS` is run by its own command in a process of its own, so that nothing is warm from the set before; the
page shows the commands, so that every table can be had alone. The page has figures and names of groups, never a name
of a person. ``--without matching.scripts:_KOREAN_SURNAMES``, as often as wanted, runs our part of every set again with
that table empty (`benchmarks.quality_without`). ``--results`` keeps the figures as JSON; with ``--from`` the page is
made of such a file without a run. All of it takes about a quarter of an hour on a core of its own; the slowest peer
needs most of that. The invented duplicates of FEBRL (`benchmarks.febrl`) are run as well and have a table of their own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from benchmarks.quality_page import write_page
from benchmarks.quality_without import emptied_copy

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "docs" / "reference" / "quality.md"


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A set of the shared folder, the benchmark that reads it, and what to know about it."""

    title: str
    module: str
    file: str
    arguments: tuple[str, ...]
    about: str

    def command(self, shared: str) -> list[str]:
        """Give the module and its arguments, for a folder of data."""
        return [f"benchmarks.{self.module}", "--pairs", f"{shared}/data/{self.file}", *self.arguments]


SETS = (
    LabelledSet(
        "nomenklatura's own name pairs",
        "names",
        "peers/name_bench_cases.csv",
        (*("--a", "name1", "--b", "name2", "--label", "is_match"), *("--group", "case_group", "--group", "quality")),
        "The public cases by which logic-v2 is developed (MIT licence). *STRONG* are those its authors call certain.",
    ),
    LabelledSet(
        "A name in its script and in Latin letters",
        "names",
        "dev/translit.tsv.gz",
        ("--a", "native", "--b", "latin", "--label", "label", "--group", "level,script", "--where", "source!=*rigour*"),
        "The negatives are the most similar of 150 other names. Rows taken from rigour are left out, because logic-v2"
        " ships that very file of names, and we its forms. The letter tables were learned from the true pairs of this"
        " set; how well they do on pairs they have not seen stands in docs/reference/letter-tables.md.",
    ),
    LabelledSet(
        "Primary name and alias within a list",
        "names",
        "dev/aliases.tsv.gz",
        ("--a", "name_a", "--b", "name_b", "--label", "label", "--group", "list,strength", "--group", "kind"),
        "Aliases that a list gives for a person, against other persons with similar names. Noms de guerre share nothing"
        " with the name, so 1 is out of reach; weak aliases are near noise.",
    ),
    LabelledSet(
        "Primary names of two lists",
        "names",
        "dev/cross_list.tsv.gz",
        ("--a", "name_a", "--b", "name_b", "--label", "label", "--group", "hard"),
        "One name a side, although the same pair is compared in full below.",
    ),
    LabelledSet(
        "All names of two lists",
        "pairs",
        "dev/cross_list.tsv.gz",
        ("--names-only", "--group", "hard"),
        "All names, aliases and original spellings of both sides, and nothing else.",
    ),
    LabelledSet(
        "Full records of two lists",
        "pairs",
        "dev/cross_list.tsv.gz",
        ("--group", "hard", "--group", "basis"),
        "The whole record of both sides. Many of the true pairs were found by a shared document or birth date, which"
        " flatters whoever compares those. The peers that compare strings see the names alone.",
    ),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all sets and write the page."""
    options = _options(arguments)
    if options.made:
        results = json.loads(options.made.read_text(encoding="utf-8"))
    else:
        results = {"sets": run_all(options), "duplicates": run_duplicates(options)}
        results["without"] = {one: run_without(options, one) for one in options.without}
    if options.results:
        options.results.write_text(json.dumps(results), encoding="utf-8")
    sets = [(one, results["sets"][one.title]) for one in SETS if one.title in results["sets"]]
    page = write_page(sets, results["duplicates"], results["without"])
    options.output.write_text(page, encoding="utf-8")
    print(f"{options.output} written")


def run_all(options: argparse.Namespace) -> dict[str, Any]:
    """Run the benchmark of every set the folder has, and give its figures by title."""
    shown = Console(stderr=True)
    there = [one for one in SETS if (options.shared / "data" / one.file).is_file()]
    for one in SETS:
        if one not in there:
            shown.print(f"{one.title}: left out, there is no data/{one.file} in the folder")
    told = track(there, "measuring", console=shown, disable=not shown.is_terminal)
    return {one.title: run(one.command(str(options.shared)), _passed_on(options)) for one in told}


def run_duplicates(options: argparse.Namespace) -> dict[str, Any] | None:
    """Give the figures of `benchmarks.febrl`, or None where the folder has no such sets."""
    data = options.shared / "data" / "febrl"
    if not data.is_dir():
        return None
    return run(["benchmarks.febrl", "--data", str(data)], _passed_on(options))


def run_without(options: argparse.Namespace, resource: str) -> dict[str, Any]:
    """Give our figures of every set by title, measured with a resource emptied."""
    shown = Console(stderr=True)
    there = [one for one in SETS if (options.shared / "data" / one.file).is_file()]
    with tempfile.TemporaryDirectory(prefix="symbolon-without-") as folder:
        emptied_copy(REPOSITORY, resource, Path(folder))
        told = track(there, f"without {resource}", console=shown, disable=not shown.is_terminal)
        commands = ((one.title, one.command(str(options.shared))) for one in told)
        return {title: run(command, ["--no-peers"], Path(folder))["ours"] for title, command in commands}


def run(command: Sequence[str], more: Sequence[str] = (), folder: Path = REPOSITORY) -> dict[str, Any]:
    """Run one benchmark in a process of its own, of the code in a folder, and give its figures."""
    ended = subprocess.run(
        [sys.executable, "-m", *command, *more, "--json"], cwd=folder, stdout=subprocess.PIPE, check=True
    )
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def _passed_on(options: argparse.Namespace) -> list[str]:
    python = ["--peers-python", str(options.peers_python.absolute())] if options.peers_python else []
    return python + ([] if options.peers else ["--no-peers"])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shared", type=Path, help="folder with data/dev, data/peers")
    parser.add_argument(
        "--without", action="append", default=[], metavar="MODULE:CONSTANT", help="a table to leave out"
    )
    parser.add_argument("--output", type=Path, default=PAGE, help="the page, docs/reference/quality.md by default")
    parser.add_argument("--results", type=Path, help="file to keep the figures in, JSON")
    parser.add_argument("--from", dest="made", type=Path, help="make the page of such a file, without a run")
    parser.add_argument("--peers-python", type=Path, help="Python of the peers, .venv-peers/bin/python by default")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="measure ours alone")
    options = parser.parse_args(arguments)
    if not (options.shared or options.made):
        parser.error("give the folder of the labelled sets with --shared, or figures with --from")
    if options.shared:
        options.shared = options.shared.absolute()
    return options


if __name__ == "__main__":
    main()
