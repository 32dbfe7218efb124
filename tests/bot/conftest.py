"""A store of its own for every test."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import Store, open_store
from bot.store.vault import Vault, new_vault


@pytest.fixture
def key() -> Vault:
    """Give a new master key."""
    return new_vault()


@pytest.fixture
async def store(tmp_path: Path, key: Vault, empty_database: Path) -> AsyncIterator[Store]:
    """Give an open store."""
    async with open_store(shutil.copy(empty_database, tmp_path / "hindsight.sqlite"), key) as opened:
        yield opened
