"""Seal vectors at rest and turn ids and addresses into keyed hashes."""

import base64
import binascii
import hashlib
import hmac
import os
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


class Vault:
    """Hold the master key; every server gets keys of its own, derived from it (HKDF, RFC 5869)."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise ConfigurationError("HINDSIGHT_KEY must be 32 bytes in base64; leave it out to have one made.")
        self._master = master

    def derive(self, purpose: str, guild_id: int) -> bytes:
        """Derive the 32-byte key of one server for one purpose."""
        info = f"hindsight/{purpose}/{guild_id}".encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._master)

    def author_key(self, guild_id: int, user_id: int) -> bytes:
        """Hash a user id so that it can be found again by its owner but not read back."""
        return self._digest("author", guild_id, str(user_id))

    def url_key(self, guild_id: int, url: str) -> bytes:
        """Hash a canonical URL, so that the same address is recognised without being kept."""
        return self._digest("url", guild_id, url)

    def seal(self, guild_id: int, message_id: int, vector: np.ndarray) -> bytes:
        """Encrypt a vector as float16 with AES-GCM, bound to its server and message."""
        nonce = os.urandom(NONCE_BYTES)
        plain = vector.astype(np.float16).tobytes()
        return nonce + AESGCM(self.derive("vector", guild_id)).encrypt(nonce, plain, str(message_id).encode())

    def unseal(self, guild_id: int, message_id: int, sealed: bytes) -> np.ndarray:
        """Decrypt a vector to float32; raise `StoreError` when the key is not the one that sealed it."""
        cipher = AESGCM(self.derive("vector", guild_id))
        try:
            plain = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], str(message_id).encode())
        except InvalidTag:
            raise StoreError(
                "A claim vector cannot be decrypted: the key is not the one of this database. "
                "Put the old key file back or set HINDSIGHT_KEY to it."
            ) from None
        return np.frombuffer(plain, np.float16).astype(np.float32)

    def _digest(self, purpose: str, guild_id: int, value: str) -> bytes:
        return hmac.new(self.derive(purpose, guild_id), value.encode(), hashlib.sha256).digest()


def load_vault(key: SecretStr | None, key_file: Path) -> Vault:
    """Take the key from the settings, else from its file, which is made once with mode 0600."""
    if key is not None:
        return Vault(_decode(key.get_secret_value()))
    try:
        key_file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(key_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return Vault(_decode(key_file.read_text().strip()))
    except OSError as error:
        raise StoreError(f"{key_file} cannot be written: {error.strerror}. Set HINDSIGHT_DATA_DIR.") from error
    with os.fdopen(descriptor, "w") as file:
        master = os.urandom(KEY_BYTES)
        file.write(base64.b64encode(master).decode() + "\n")
    return Vault(master)


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ConfigurationError("HINDSIGHT_KEY is not base64; leave it out to have one made.") from None
