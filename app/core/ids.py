"""Opaque identifiers."""

import base64
import secrets


def new_id(prefix: str) -> str:
    """Return a fresh identifier such as `atl_k3v9…`: 100 random bits behind a prefix that tells a reader its kind."""
    return f"{prefix}_{base64.b32encode(secrets.token_bytes(13)).decode().rstrip('=').lower()[:20]}"
