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
from numba.extending import register_jitable

SOURCES = ("state.py", "clock.py", "search.py", "cheapest.py")

F = TypeVar("F", bound=Callable[..., Any])


def _cache() -> Path:
    here = Path(__file__).parent
    text = b"".join((here / name).read_bytes() for name in SOURCES)
    return here / "__pycache__" / f"compiled-{sha256(text).hexdigest()[:16]}"


CACHE = _cache()


def compiled(function: F) -> F:
    """Compiles a function when Python first calls it, or takes what was compiled before."""
    settings: Any = config
    compile_: Any = njit  # its stubs do not know all of its options
    before, settings.CACHE_DIR = settings.CACHE_DIR, str(CACHE)
    try:
        made: Any = compile_(cache=True, nogil=True, no_cfunc_wrapper=True)(function)
    finally:
        settings.CACHE_DIR = before
    return cast(F, made)


def inside(function: F) -> F:
    """Compiles a function as a part of the compiled functions that call it; called from Python it stays Python.

    It is spared what Numba writes for every function by itself: arguments taken over from Python, and from C. Nor does
    it count references, since it makes no arrays.
    """
    made: Any = register_jitable(_nrt=False, no_cfunc_wrapper=True)
    return cast(F, made(function))


def inlined(function: F) -> F:
    """As :func:`inside`, but copied into each caller: small steps, whose work is little beside handing arrays on."""
    made: Any = register_jitable(_nrt=False, no_cfunc_wrapper=True, forceinline=True)
    return cast(F, made(function))
