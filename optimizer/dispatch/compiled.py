"""Compiled functions whose cache knows every source they are made of.

Numba compares a cached function with the file it stands in only: a constant that is imported from ``state``, or a
function of another file, could change unnoticed. So the cache lies in a folder named by the text of all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.core import config

SOURCES = ("state.py", "clock.py", "search.py", "routes_bound.py")

F = TypeVar("F", bound=Callable[..., Any])


def _cache() -> Path:
    here = Path(__file__).parent
    text = b"".join((here / name).read_bytes() for name in SOURCES)
    return here / "__pycache__" / f"compiled-{sha256(text).hexdigest()[:16]}"


CACHE = _cache()


def compiled(function: F) -> F:
    """Compiles a function when it is first called, or takes what was compiled before."""
    settings: Any = config
    before, settings.CACHE_DIR = settings.CACHE_DIR, str(CACHE)
    try:
        made: Any = njit(cache=True)(function)
    finally:
        settings.CACHE_DIR = before
    return cast(F, made)
