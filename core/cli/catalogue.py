"""MTEB's leaderboard: ranked for a use, and refreshed."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core import leaderboard
from core.cli.options import AsJson
from core.cli.output import show
from core.errors import InputError
from core.leaderboard import api, facts, snapshot

app = typer.Typer(no_args_is_help=True, help="MTEB's leaderboard: ranked for a use, and refreshed.")
SHOWN = 20


@app.command("rank")
def rank(
    use: Annotated[str, typer.Option(help=f"What for: {', '.join(leaderboard.USES)}.")] = leaderboard.EVERYTHING,
    task: Annotated[
        list[str] | None, typer.Option(help="A task of MTEB(eng, v2), in place of a use; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Rank the models by the tasks of a use, and say which cannot be told apart."""
    board = leaderboard.current()
    weights = _weights(board, use, task or [])
    ranking = leaderboard.rank(board, weights)
    rows = _rows(board, ranking)
    shown = [{name: value for name, value in row.items() if name != "caveats"} for row in rows[:SHOWN]]
    result = {"date": board.date, "source": board.source, "tasks": list(weights), "sentence": ranking.sentence}
    if not as_json:
        typer.echo(ranking.sentence)
    show(result | {"models": rows}, shown, as_json)


@app.command("refresh")
def fetch(
    url: Annotated[str, typer.Option(help="Address of MTEB's read API.")] = api.ADDRESS,
    as_json: AsJson = False,
) -> None:
    """Fetch today's leaderboard from MTEB; what is here stays as it is unless all of it arrives."""
    before = {entry.id for entry in leaderboard.current().entries}
    board = api.refresh(url)
    new = [entry.id for entry in board.entries if entry.id not in before]
    result = {"date": board.date, "source": board.source, "models": len(board.entries), "new": new}
    show(result, [result], as_json)


@app.command("build", hidden=True)
def build(folder: Path) -> None:
    """Make the snapshot that ships from a folder of facts, for those who change it."""
    snapshot.write(facts.read(folder), snapshot.SHIPPED)


def _weights(board: leaderboard.Snapshot, use: str, tasks: list[str]) -> dict[str, float]:
    """The weights of the tasks asked for.

    Raises
    ------
    InputError
        There is no such use or task.
    """
    known = {name.lower(): name for name in leaderboard.USES}
    if use.lower() not in known:
        raise InputError(f"There is no use {use!r}: choose from {', '.join(leaderboard.USES)}.")
    if unknown := [task for task in tasks if task not in board.tasks]:
        raise InputError(f"MTEB(eng, v2) has no task {unknown[0]!r}: choose from {', '.join(board.tasks)}.")
    return dict.fromkeys(tasks, 1.0) if tasks else leaderboard.tasks_of(known[use.lower()], board.tasks)


def _rows(board: leaderboard.Snapshot, ranking: leaderboard.Ranking) -> list[dict[str, Any]]:
    return [
        {
            "model": entry.id,
            "mean": round(float(ranking.means[row]), 2),
            "rank": int(ranking.ranks[row]),
            "rank_low": int(ranking.low[row]),
            "rank_high": int(ranking.high[row]),
            "group": int(ranking.groups[row]),
            "borda": int(ranking.borda[row]),
            "caveats": leaderboard.caveats(entry, board.tasks),
        }
        for row, entry in enumerate(ranking.entries)
    ]
