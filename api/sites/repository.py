"""Sites as a caller may see them."""

from __future__ import annotations

from api.kernel.repository import Repository
from api.sites.models import Site


class SiteRepository(Repository[Site]):
    """Private to their organisation and the overseers; a listing shows what the public may know."""

    model, noun = Site, "site"
