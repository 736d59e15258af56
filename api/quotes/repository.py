"""Quotes as a caller may see them."""

from __future__ import annotations

from api.kernel.repository import Repository
from api.quotes.models import Quote


class QuoteRepository(Repository[Quote]):
    """One's own organisation's: a price at the margin tells what somebody is ready to pay."""

    model, noun = Quote, "quote"
