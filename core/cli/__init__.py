"""The command line: `python -m core COMMAND`.

Results go to standard output, progress and logs to standard error. `--json` prints one JSON object. An error
that you can fix ends with exit code 1 and one line.
"""

import sys

import typer

from core.cli import benchmark, catalogue, collection, load, maps, models, ranking, ship, vectors, verdict
from core.cli.output import complain
from core.errors import EmbedscopeError

__all__ = ["app", "main"]

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
app.command("models")(models.catalogue)
app.command("download")(models.download)
app.command("embed")(vectors.embed)
app.command("pairs")(vectors.pairs)
app.command("search")(ranking.search)
app.command("evaluate")(ranking.evaluate)
app.command("verdict")(verdict.decide)
app.command("project")(maps.project)
app.command("benchmark")(benchmark.run)
app.command("load")(load.find)
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(collection.app, name="collection")
app.command("ship", hidden=True)(ship.ship)  # for those who change the sample


def main() -> None:
    """Run a command; an error that the user can fix becomes one line and exit code 1."""
    try:
        app()
    except EmbedscopeError as error:
        complain(str(error))
        sys.exit(1)
