"""Seal vectors at rest and turn ids and addresses into keyed hashes."""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from bot.errors import ConfigurationError, StoreError

KEY_BYTES = 32
NONCE_BYTES = 12
DERIVED = 4096  # keys of servers kept in memory
WRONG_KEY = (
    "The key is not the one of this database. Put the old key file back beside it, or set HINDSIGHT_KEY to the old key."
)


class Vault:
    """Hold a key; every server gets keys of its own, derived from it (HKDF, RFC 5869)."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
        self._key = key
        self.derive = lru_cache(DERIVED)(self._derive)

    def _derive(self, purpose: str, guild_id: int) -> bytes:
        """Derive the 32-byte key of one server for one purpose."""
        info = f"hindsight/{purpose}/{guild_id}".encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._key)

    def author_key(self, guild_id: int, user_id: int) -> bytes:
        """Hash a user id so that it can be found again by its owner but not read back."""
        return self._digest("author", guild_id, str(user_id))

    def url_key(self, guild_id: int, url: str) -> bytes:
        """Hash a canonical URL, so that the same address is recognised without being kept."""
        return self._digest("url", guild_id, url)

    def seal(self, guild_id: int, message_id: int, vector: np.ndarray) -> bytes:
        """Encrypt a vector as float16 with AES-GCM, bound to its server and message."""
        return self._encrypt("vector", guild_id, str(message_id), vector.astype(np.float16).tobytes())

    def unseal(self, guild_id: int, message_id: int, sealed: bytes) -> np.ndarray:
        """Decrypt a vector to float32; raise `StoreError` when the key is not the one that sealed it."""
        plain = self._decrypt("vector", guild_id, str(message_id), sealed)
        return np.frombuffer(plain, np.float16).astype(np.float32)

    def unseal_all(self, guild_id: int, sealed: Iterable[tuple[int, bytes]]) -> list[np.ndarray]:
        """Decrypt many vectors of a server, each with its message id."""
        return [self.unseal(guild_id, message_id, each) for message_id, each in sealed]

    def wrap(self, other: "Vault") -> bytes:
        """Encrypt another vault's key, so that it can be kept beside what it seals."""
        return self._encrypt("wrap", 0, "", other._key)

    def unwrap(self, wrapped: bytes) -> "Vault":
        """Give the vault whose key was wrapped; raise `StoreError` when this one did not wrap it."""
        return Vault(self._decrypt("wrap", 0, "", wrapped))

    def same_key(self, other: "Vault") -> bool:
        """Say whether another vault holds the same key."""
        return hmac.compare_digest(self._key, other._key)

    def _encrypt(self, purpose: str, guild_id: int, bound_to: str, plain: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.derive(purpose, guild_id)).encrypt(nonce, plain, bound_to.encode())

    def _decrypt(self, purpose: str, guild_id: int, bound_to: str, sealed: bytes) -> bytes:
        cipher = AESGCM(self.derive(purpose, guild_id))
        try:
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode())
        except InvalidTag:
            raise StoreError(WRONG_KEY) from None

    def _digest(self, purpose: str, guild_id: int, value: str) -> bytes:
        return hmac.new(self.derive(purpose, guild_id), value.encode(), hashlib.sha256).digest()


def new_vault() -> Vault:
    """Make a vault with a new key."""
    return Vault(os.urandom(KEY_BYTES))


def load_vault(key: SecretStr | None, key_file: Path, *, make: bool = True) -> Vault:
    """Take the master key from the settings, else from its file.

    The file is made once, with mode 0600; without `make` a key that is not there is a `ConfigurationError`.
    """
    if key is not None:
        return _decode(key.get_secret_value(), "HINDSIGHT_KEY")
    try:
        if key_file.exists():
            return read_key(key_file)
        if make:
            key_file.parent.mkdir(parents=True, exist_ok=True)
            return write_key(key_file)
    except OSError as error:
        raise StoreError(f"{key_file} cannot be read or written: {error.strerror}. Set HINDSIGHT_DATA_DIR.") from error
    raise ConfigurationError(f"No key. Put the database's key file at {key_file}, or set HINDSIGHT_KEY to its content.")


def read_key(key_file: Path) -> Vault:
    """Read a master key from its file."""
    return _decode(key_file.read_text().strip(), str(key_file))


def write_key(key_file: Path) -> Vault:
    """Make a new master key in a file that only its owner can read; it must not be there yet.

    After a crash the file is there with the whole key, or not at all.
    """
    if key_file.exists():
        raise FileExistsError(key_file)
    draft = key_file.with_name(f"{key_file.name}.draft")
    draft.unlink(missing_ok=True)
    master = os.urandom(KEY_BYTES)
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(base64.b64encode(master).decode() + "\n")
        file.flush()
        os.fsync(descriptor)
    move(draft, key_file)
    return Vault(master)


def move(file: Path, place: Path) -> None:
    """Put a file into another's place, so that it stays there through a loss of power."""
    file.replace(place)
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(place.parent, os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _decode(text: str, origin: str) -> Vault:
    try:
        return Vault(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise ConfigurationError(
            f"{origin} must be {KEY_BYTES} bytes in base64. Leave HINDSIGHT_KEY out to have a key made."
        ) from None
