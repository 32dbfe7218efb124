"""The vault: what is sealed comes back under the same key, server and message, and under no other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import StoreError
from bot.store.vault import Vault, new_vault
from tests.bot.rows import vector

VAULT = new_vault()
IDS = st.integers(0, 2**63 - 1)


@given(guild=IDS, message=IDS, seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_vector_comes_back_as_float16(guild: int, message: int, seed: int) -> None:
    sealed = VAULT.seal(guild, message, vector(seed))
    back = VAULT.unseal(guild, message, sealed)
    assert back.dtype == np.float32
    assert np.array_equal(back, vector(seed).astype(np.float16).astype(np.float32))
    assert sealed != VAULT.seal(guild, message, vector(seed))


@pytest.mark.parametrize("other", [(VAULT, 2, 1), (VAULT, 1, 2), (new_vault(), 1, 1)])
def test_vector_is_bound_to_key_server_and_message(other: tuple[Vault, int, int]) -> None:
    vault, guild, message = other
    with pytest.raises(StoreError, match="key"):
        vault.unseal(guild, message, VAULT.seal(1, 1, vector(1)))


@given(place=st.integers(0, 12 + 768 + 15), bit=st.integers(0, 7))
@settings(max_examples=25, deadline=None)
def test_changed_bit_is_noticed(place: int, bit: int) -> None:
    sealed = bytearray(VAULT.seal(1, 1, vector(1)))
    sealed[place] ^= 1 << bit
    with pytest.raises(StoreError):
        VAULT.unseal(1, 1, bytes(sealed))


@given(a=st.tuples(IDS, IDS), b=st.tuples(IDS, IDS))
@settings(max_examples=25, deadline=None)
def test_author_keys_differ_between_people_and_servers(a: tuple[int, int], b: tuple[int, int]) -> None:
    assert (VAULT.author_key(*a) == VAULT.author_key(*b)) == (a == b)
    assert len(VAULT.author_key(*a)) == 32


def test_keyed_hashes_need_the_key() -> None:
    assert VAULT.author_key(1, 2) != new_vault().author_key(1, 2)
    assert VAULT.url_key(1, "2") != VAULT.author_key(1, 2)


def test_wrapped_key_opens_only_for_its_master() -> None:
    data = new_vault()
    assert VAULT.unwrap(VAULT.wrap(data)).author_key(1, 2) == data.author_key(1, 2)
    with pytest.raises(StoreError):
        new_vault().unwrap(VAULT.wrap(data))


def test_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 3"):
        Vault(b"abc")
