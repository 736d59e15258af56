"""Values of command-line options that more than one command takes."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable

from optimizer.errors import Fault


def whole(text: str) -> int:
    """A whole number, 0 or more."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 0 or more")
    return int(text)


def some(text: str) -> int:
    """A whole number, 1 or more."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 1 or more")
    return int(text)


def seconds(text: str) -> float:
    """A number of seconds above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


def amount(text: str) -> float:
    """A number, 0 or more."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number, 0 or more")
    return value


def prices(
    words: Iterable[str], known: Collection[str], command: str, option: str, lacking: str
) -> tuple[dict[str, float], list[Fault]]:
    """NAME=NUMBER of an option that is given again and again: numbers by name, and every fault.

    Args:
        words: as typed.
        known: names there are.
        command, option: for messages.
        lacking: what an unknown name is not, as in "no kind of change".
    """
    found: dict[str, float] = {}
    faults = []
    for word in words:
        name, _, text = word.partition("=")
        if name not in known:
            faults.append(unknown(name, known, command, option, lacking))
            continue
        try:
            found[name] = amount(text)
        except argparse.ArgumentTypeError:
            faults.append(Fault(command, 0, option, f"{word!r}: expected {name}= and a number, 0 or more"))
    return found, faults


def unknown(name: str, known: Collection[str], command: str, option: str, lacking: str) -> Fault:
    """The fault of a name that an option does not know."""
    from optimizer.intake.faults import listed, nearest

    return Fault(command, 0, option, f"'{name}' is {lacking}; expected {listed(known)}{nearest(name, known)}")
