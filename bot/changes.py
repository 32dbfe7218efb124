"""What people type or upload to change settings, validated; every error names the field and what it takes."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import UserError
from bot.languages import N_, _
from bot.records import Server
from bot.render.labels import name_of
from bot.render.text import capital
from bot.tuning import percents

FILE = "hindsight-settings.json"
FILE_BYTES = 100_000
VERSION = 1
MOST_ALERTS = 200
MOST_PLACES = 500
NEVER = ("never", "-", "–")
UNCHANGED = N_("Nothing was changed.")

Label = Literal["skeptical", "partisan", "off-topic", "informative"]
Percent = Annotated[int, Field(ge=1, le=100)]
Id = Annotated[str, Field(pattern=r"^\d{1,20}$")]


class SettingsFile(BaseModel):
    """Describe the file; what is left out of it stays as it is. Thresholds are whole percents, null for never."""

    model_config = ConfigDict(extra="forbid", strict=True)

    version: Literal[1]
    live: bool = False
    alerts_channel: Id | None = None
    alerts_role: Id | None = None
    thresholds: dict[Label, Percent] = {}
    alerts_a_day: Annotated[int, Field(ge=0, le=MOST_ALERTS)] = 0
    channels: Annotated[dict[Id, dict[Label, Percent | None]], Field(max_length=MOST_PLACES)] = {}
    retention_days: Annotated[int, Field(ge=1, le=30)] = 30
    claim_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    disputes: bool = False


def exported(server: Server) -> str:
    """Write a server's settings as JSON."""
    places = {
        str(channel_id): {label: None if score is None else round(100 * score) for label, score in flags.items()}
        for channel_id, flags in sorted(server.overrides.items())
    }
    content = {
        "version": VERSION,
        "live": server.live,
        "alerts_channel": str(server.alerts_channel_id) if server.alerts_channel_id else None,
        "alerts_role": str(server.alerts_role_id) if server.alerts_role_id else None,
        "thresholds": percents(server.thresholds.flags),
        "alerts_a_day": server.thresholds.alerts_a_day,
        "channels": places,
        "retention_days": server.retention_days,
        "claim_days": server.claim_days,
        "disputes": server.disputes,
    }
    return json.dumps(content, indent=2) + "\n"


def imported(content: bytes, server: Server) -> Server:
    """Give a server's settings with those of a file in place of its own.

    Raises:
        UserError: the file is too large, no JSON, of another version, or a field in it is not what it has to be.
    """
    if len(content) > FILE_BYTES:
        raise too_large()
    try:
        file = SettingsFile.model_validate_json(content)
    except ValidationError as error:
        raise UserError(_said(error)) from None
    whole: dict[str, Any] = {**json.loads(exported(server)), **file.model_dump(exclude_unset=True)}
    thresholds = replace(server.thresholds, flags=_scores(whole["thresholds"]), alerts_a_day=whole["alerts_a_day"])
    return replace(
        server,
        live=whole["live"],
        alerts_channel_id=int(whole["alerts_channel"]) if whole["alerts_channel"] else None,
        alerts_role_id=int(whole["alerts_role"]) if whole["alerts_role"] else None,
        thresholds=thresholds,
        retention_days=whole["retention_days"],
        claim_days=whole["claim_days"],
        disputes=whole["disputes"],
        overrides={int(place): _scores(flags) for place, flags in whole["channels"].items() if flags},
    )


def too_large() -> UserError:
    """Refuse a file that cannot hold settings."""
    said = _("The file is larger than {size} kB: no settings are.").format(size=FILE_BYTES // 1000)
    return UserError(f"{said} {_(UNCHANGED)}")


def typed_thresholds(texts: Mapping[str, str]) -> dict[str, float | None]:
    """Read thresholds that were typed, by label: None for never; what was left empty is left out.

    Raises:
        UserError: one is no whole percentage.
    """
    typed = {label: text.strip().lower().removesuffix("%").strip() for label, text in texts.items()}
    found: dict[str, float | None] = {}
    for label, text in typed.items():
        if text in (*NEVER, _("never")):
            found[label] = None
        elif text:
            said = _("**{name}** takes a whole number from 1 to 100, or *never*.")
            found[label] = _whole(said.format(name=capital(name_of(label))), text, 1, 100) / 100
    return found


def typed_alerts(text: str) -> int:
    """Read how many alerts a day may hold.

    Raises:
        UserError: it is no number, or too large a one.
    """
    said = _("**Alerts a day** takes a whole number from 0 to {most}.").format(most=MOST_ALERTS)
    return _whole(said, text.strip(), 0, MOST_ALERTS)


def difference(before: Server, after: Server) -> dict[str, Any]:
    """Give what differs between two states of a server's settings, as the log of decisions keeps it."""
    old, new = json.loads(exported(before)), json.loads(exported(after))
    return {name: [old[name], value] for name, value in new.items() if old[name] != value}


def _whole(refusal: str, text: str, least: int, most: int) -> int:
    # `str.isdecimal` takes any script's digits, and `int` reads them all.
    if not text.isdecimal() or len(text) > 4 or not least <= int(text) <= most:
        raise UserError(f"{refusal} {_(UNCHANGED)}")
    return int(text)


def _said(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"] if part != "[key]")[:80] or _("the file")
    others = error.error_count() - 1
    more = f" ({_('and {number} more').format(number=others)})" if others else ""
    return f"`{where.replace('`', '')}`: {first['msg'][:200]}{more}. {_(UNCHANGED)}"


def _scores(percents_by_label: Mapping[str, int | None]) -> dict[str, Any]:
    return {label: None if percent is None else percent / 100 for label, percent in percents_by_label.items()}
