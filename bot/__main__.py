"""The command line: run and import, demo and replay, label, match and summarize, doctor, and what an owner needs."""

import asyncio
import io
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, TextIO

import typer

from bot.errors import ConfigurationError, HindsightError

MISCONFIGURED = 78  # EX_CONFIG: a service manager must not try again

app = typer.Typer(
    help="Hindsight remembers claims: context cards, cited digests and a moderators' queue for Discord.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Lines = Annotated[
    Path | None, typer.Argument(help="JSON Lines; standard input when left out.", exists=True, dir_okay=False)
]


@app.command()
def run() -> None:
    """Start the bot with the token from .env."""
    from bot.settings import load_settings

    settings = load_settings()
    # What is misspelt there is said at once, before the libraries are loaded.
    from bot import run as runner
    from bot.logs import set_up_logging

    set_up_logging(settings.log_level, form=settings.log_format)
    asyncio.run(runner.run(settings))


@app.command()
def doctor() -> None:
    """Check settings, database, weights, token, intents and permissions."""
    from bot.doctor import examine
    from bot.settings import load_settings
    from bot.terminal import check_off, checklist, output

    settings = load_settings()

    async def collect() -> bool:
        table = checklist()
        well = True
        async for finding in examine(settings):
            check_off(table, finding.well, finding.what, finding.words)
            well = well and finding.well
        output().print(table)
        return well

    raise typer.Exit(0 if asyncio.run(collect()) else 1)


@app.command()
def demo(
    check: Annotated[bool, typer.Option(help="Play the scenario without a page and print a JSON transcript.")] = False,
    data: Annotated[
        Path | None, typer.Option(help="With --check: keep database and DEBUG log in this new folder.", file_okay=False)
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page on 127.0.0.1.")] = 8123,
) -> None:
    """Show the real bot on a simulated Discord, without a token."""
    try:
        from bot.demo import play
    except ModuleNotFoundError as error:
        raise HindsightError(f"{error.name} is missing: pip install 'hindsight-bot[demo]', or use make demo.") from None

    if check:
        raise typer.Exit(play.check(data))
    play.run_demo(port)


@app.command()
def replay(
    file: Annotated[
        Path, typer.Argument(help="A DiscordChatExporter JSON export or a thread file.", exists=True, dir_okay=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Show what the bot would have done with a past discussion."""
    from bot.replay import replay_file

    replay_file(file, as_json=as_json)


@app.command()
def label(file: Lines = None) -> None:
    """Label replies: {"id","story","parent","text"} a line."""
    from bot import filters

    with _opened(file) as lines:
        raise typer.Exit(filters.label(lines, sys.stdout, sys.stderr))


@app.command()
def match(
    archive: Annotated[Path, typer.Option(help="Archive of fact-checks, JSON Lines.", exists=True, dir_okay=False)],
    any_date: Annotated[bool, typer.Option(help="Also match fact-checks that are later than the query.")] = False,
    top: Annotated[int, typer.Option(min=1, max=100, help="Matches listed for each query.")] = 10,
    file: Lines = None,
) -> None:
    """Find earlier claims in an archive: {"id","text","date"?} a line."""
    from bot import filters

    with _opened(file) as lines:
        raise typer.Exit(filters.match(lines, sys.stdout, sys.stderr, archive, any_date=any_date, top=top))


@app.command()
def summarize(
    words: Annotated[int, typer.Option(min=20, max=1000, help="Length of a digest.")] = 120, file: Lines = None
) -> None:
    """Condense threads: {"id","story","messages"} a line."""
    from bot import filters

    with _opened(file) as lines:
        raise typer.Exit(filters.summarize(lines, sys.stdout, sys.stderr, words))


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="A new file; the key is not in it.", dir_okay=False)]) -> None:
    """Copy the database, also while the bot runs."""
    from bot import upkeep
    from bot.settings import load_settings

    upkeep.back_up(load_settings(), file)
    typer.echo(f"{file} holds the database as it stands. The key is not in it: keep that elsewhere.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that backup has made.", exists=True, dir_okay=False)],
    force: Annotated[bool, typer.Option(help="Also where a database is; it is kept aside.")] = False,
) -> None:
    """Put a backup into the database's place, with the bot stopped."""
    from bot import upkeep
    from bot.settings import load_settings

    aside = upkeep.restore(load_settings(), file, force=force)
    typer.echo("Restored. What was erased or opted out of after the backup was made is back.")
    if aside is not None:
        typer.echo(f"The database before is kept in {aside}: delete it when it is not needed.")


@app.command()
def rekey() -> None:
    """Give the database a new master key, with the bot stopped."""
    from bot import upkeep
    from bot.settings import load_settings

    waiting = asyncio.run(upkeep.rekey(load_settings()))
    if waiting is None:
        said = "The database opens with the new key only. Backups made before still need the old one."
    else:
        said = f"Both keys open the database now. Set HINDSIGHT_KEY to the content of {waiting}, then run this again."
    typer.echo(said)


@app.command()
def erase(
    server: Annotated[
        int | None, typer.Option(help="Everything of a server; with --user, that member's there.")
    ] = None,
    channel: Annotated[int | None, typer.Option(help="All that was learned in a channel and its threads.")] = None,
    user: Annotated[int | None, typer.Option(help="All that is kept of a member, in every server.")] = None,
    message: Annotated[int | None, typer.Option(help="All that is kept of a message.")] = None,
) -> None:
    """Delete what is kept of a server, channel, member or message, with the bot stopped."""
    from bot import upkeep
    from bot.settings import load_settings

    wanted = upkeep.Wanted(server, channel, user, message)
    erased = asyncio.run(upkeep.erase(load_settings(), wanted))
    typer.echo(f"Erased: {erased.messages} messages with all that hung on them.")
    if erased.shown:
        typer.echo("These messages of the bot still show some of it. Delete them in Discord:")
    for link in erased.shown:
        typer.echo(link)


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            help="ClaimReview JSON or feed, CSV, JSON Lines, or a DiscordChatExporter export.",
            exists=True,
            dir_okay=False,
        ),
    ],
) -> None:
    """Take public fact-checks into the archive, or a watched channel's past from an export (with the bot stopped)."""
    from bot.importing import import_file
    from bot.settings import load_settings

    raise typer.Exit(import_file(file, load_settings()))


def _opened(file: Path | None) -> "nullcontext[TextIO] | TextIO":
    """Open rows as UTF-8; bytes that are none come through, so that their row alone is refused."""
    if file is not None:
        return file.open(encoding="utf-8", errors="surrogateescape")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    return nullcontext(sys.stdin)


def main() -> None:
    """Run a command; a named error is one line on standard error, not a traceback."""
    try:
        app()
    except HindsightError as error:
        from bot.terminal import say_error

        say_error(type(error).__name__, str(error))
        sys.exit(MISCONFIGURED if isinstance(error, ConfigurationError) else 1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
