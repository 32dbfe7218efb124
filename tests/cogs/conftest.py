"""What tests of several cogs are given."""

from collections.abc import Callable

import pytest
from simcord import interactions

Speaks = Callable[[object, str], None]


@pytest.fixture
def speaks(monkeypatch: pytest.MonkeyPatch) -> Speaks:
    """Let a person's Discord be in a language; the simulated one knows English only."""
    locales: dict[int, str] = {}
    begin = interactions.base_payload

    def localized(*args, **named):
        record, payload = begin(*args, **named)
        payload["locale"] = locales.get(named["user_id"], "en-US")
        return record, payload

    monkeypatch.setattr(interactions, "base_payload", localized)
    return lambda person, locale: locales.update({person.id: locale})
