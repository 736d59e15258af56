"""API keys as their organisation sees them."""

from __future__ import annotations

from api.auth.models import ApiKey
from api.kernel.repository import Repository


class KeyRepository(Repository[ApiKey]):
    """Keys of the caller's own organisation."""

    model, noun = ApiKey, "API key"
