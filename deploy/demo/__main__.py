"""``make demo``: a whole federation on this machine, from nothing to answers, in about a minute.

python -m deploy.demo                     five invented agencies
python -m deploy.demo --data FOLDER       the lists of a folder (agency_*.jsonl)
python -m deploy.demo --keep FOLDER       keep the parties' folders to look into
python -m deploy.demo --serve             leave it up, with the consoles of two agencies and officers to train as
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from deploy.agreement import EVERY_CASE, EVERY_PURPOSE
from deploy.demo.script import SceneQuestion, Script, from_folder, invented
from deploy.demo.show import Answered, show_answers, show_coordinator, show_steps
from deploy.demo.training import CONSOLES, enter_staff, keep_open
from deploy.local import COORDINATOR, EPOCH, LocalFederation
from node.config import load_home
from node.desk.client import DeskClient
from node.enrolment.index import IndexStore
from node.officers.key import load_key
from symbolon.v1.desk_pb2 import QueryResponse

POLL_SECONDS = 0.25


@dataclass
class Steps:
    """The demonstration's steps with their seconds, and the bar that moves through them."""

    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str, total: int) -> Iterator[TaskID]:
        """Show a step while it works; give the bar's task."""
        task = self.progress.add_task(name, total=total)
        started = time.perf_counter()
        yield task
        self.seconds[name] = time.perf_counter() - started
        self.progress.update(task, completed=total)


async def play(script: Script, folder: Path, console: Console, *, serve: bool = False) -> bool:
    """Run the whole demonstration in a folder; say whether every answer was the one the truth knows.

    With ``serve`` it is left up afterwards, until interrupted.
    """
    columns = (TextColumn("{task.description:<44}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    settings = {"mail-tick-seconds": "1"} if serve else {}
    consoles = CONSOLES if serve else ()
    with LocalFederation(folder, script.agencies, settings=settings, consoles=consoles) as federation:
        with Progress(*columns, console=console) as progress:
            steps = Steps(progress)
            with steps.step("set up authority, keys and certificates", 1):
                await federation.prepare()
            with steps.step("start custodian and coordinator", 1):
                await federation.start_hub()
            with steps.step("join and start the nodes", 1):
                await federation.start_nodes()
            records = await _import_lists(federation, script, steps)
            await _enrol(federation, script, steps, records)
            answered = await _ask_all(federation, script, steps)
            seen = await federation.command(COORDINATOR, "audit", "list")
            if serve:
                with steps.step("enter officers to train as", 1):
                    trainees = await enter_staff(federation)
        show_steps(console, steps.seconds, records)
        show_coordinator(console, seen)
        right = show_answers(console, script, answered)
        if serve:
            await keep_open(federation, trainees, console)
        with console.status("draining the processes"):
            federation.stop()
    return right


async def _import_lists(federation: LocalFederation, script: Script, steps: Steps) -> dict[str, int]:
    """Import every list; give the records of each agency. Rows set aside are the operator's to mend (exit 21)."""
    records = {}
    with steps.step("import the lists", len(script.lists)) as task:
        for agency, path in script.lists.items():
            summary = await federation.run(
                "node", "import", str(path), "--home", str(federation.home(agency)), accept=(0, 21)
            )
            records[agency] = int(summary["added"])
            steps.progress.advance(task)
    return records


async def _enrol(federation: LocalFederation, script: Script, steps: Steps, records: dict[str, int]) -> None:
    """Enrol two lists at a time, the largest first, and move the bar by what stands in the indexes."""
    waiting = sorted(script.agencies, key=lambda agency: -records[agency])
    with steps.step("enrol them blindly (records)", sum(records.values())) as task:
        enrolling = asyncio.create_task(_enrol_by_twos(federation, waiting))
        while not enrolling.done():
            done = sum(_enrolled(federation, agency) for agency in script.agencies)
            steps.progress.update(task, completed=done)
            await asyncio.wait([enrolling], timeout=POLL_SECONDS)
        enrolling.result()


async def _enrol_by_twos(federation: LocalFederation, waiting: list[str]) -> None:
    queue = iter(waiting)

    async def worker() -> None:
        for agency in queue:
            await federation.command(agency, "node", "enrol")

    await asyncio.gather(worker(), worker())


def _enrolled(federation: LocalFederation, agency: str) -> int:
    path = load_home(federation.home(agency)).index_path
    if not path.exists():
        return 0
    with IndexStore(path) as index:
        return index.counts(EPOCH).records


async def _ask_all(federation: LocalFederation, script: Script, steps: Steps) -> list[Answered]:
    answered = []
    with steps.step("ask", len(script.questions)) as task:
        for question in script.questions:
            answered.append(await _ask(federation, question))
            steps.progress.advance(task)
    return answered


async def _ask(federation: LocalFederation, question: SceneQuestion) -> Answered:
    answered = Answered(question)
    started = time.perf_counter()
    officer = load_key(federation.officer_key(question.asker))
    async with DeskClient(load_home(federation.home(question.asker)), officer) as desk:
        async for event in _events(desk, question):
            if event.WhichOneof("event") == "answer":
                answered.nodes[event.answer.member.rpartition("/")[2]] = event.answer
            else:
                answered.milliseconds[event.progress.step] = event.progress.milliseconds
    answered.milliseconds["in all"] = (time.perf_counter() - started) * 1000
    return answered


def _events(desk: DeskClient, question: SceneQuestion) -> AsyncIterator[QueryResponse]:
    return desk.query(
        question.subject,
        purpose=EVERY_PURPOSE,
        legal_basis="demonstration",
        case_reference="DEMO-1",
        justification=EVERY_CASE,
    )


def main(
    data: Annotated[Path | None, typer.Option(help="Folder of lists to use instead of invented ones.")] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Leave it up, to train at two consoles.")] = False,
    keep: Annotated[Path | None, typer.Option(help="Keep the parties' folders here.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the invented population.")] = 7,
    records: Annotated[int, typer.Option(help="Invented records of each agency.")] = 300,
) -> None:
    """Play the demonstration; exit 1 when an answer is not the one the invented truth knows."""
    if serve and data:
        raise typer.BadParameter("--serve trains with invented people only: leave out --data")
    console = Console()
    with tempfile.TemporaryDirectory(prefix="symbolon-demo-") as scratch:
        folder = keep or Path(scratch) / "federation"
        script = from_folder(data) if data else invented(Path(scratch) / "lists", seed, records)
        right = asyncio.run(play(script, folder, console, serve=serve))
    if not right:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
