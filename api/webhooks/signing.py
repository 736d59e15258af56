"""Secrets of webhooks and signatures of deliveries."""

from __future__ import annotations

import base64
import hashlib
import hmac

from api.settings import Settings
from api.webhooks.models import Webhook

SECRET_PREFIX = "whsec_"
HEADER = "X-Cutfill-Signature"


def secret_of(settings: Settings, webhook: Webhook) -> str:
    """The signing secret: derived from the server's key, so that the database does not hold it."""
    key = settings.secret_key.get_secret_value().encode()
    digest = hmac.new(key, f"webhook\n{webhook.id}\n{webhook.salt}".encode(), hashlib.sha256).digest()
    return SECRET_PREFIX + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def signature(secret: str, at: int, body: bytes) -> str:
    """Value of the signature header.

    Args:
        at: Unix time of the sending, in seconds.
    """
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"
