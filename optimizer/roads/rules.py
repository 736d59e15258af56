"""What the tags of one road mean for one truck. Pure functions of tags and :class:`Profile`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from optimizer.roads.profile import Profile

Tags = Mapping[str, str]

_NUMBER_UNIT = re.compile(r"^(\d+(?:[.,]\d+)?)\s*([a-z\"'./]*)$")
_FEET_INCHES = re.compile(r"^(\d+(?:\.\d+)?)\s*(?:'|ft|feet)\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|''|in|inch(?:es)?)?)?$")
_TONNES = {"": 1.0, "t": 1.0, "to": 1.0, "ton": 1.0, "tons": 1.0, "tonnes": 1.0, "mt": 1.0, "kg": 0.001}
_TONNES |= {"st": 0.90718474, "lt": 1.0160469088, "lb": 0.00045359237, "lbs": 0.00045359237, "cwt": 0.05080234544}
_METRES = {"": 1.0, "m": 1.0, "meter": 1.0, "metre": 1.0, "meters": 1.0, "metres": 1.0, "cm": 0.01, "mm": 0.001}
_KM_H = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
_WALKING_KM_H = 7.0

_YES = frozenset({"yes", "true", "1"})
_BACK = frozenset({"-1", "reverse"})


@dataclass(frozen=True)
class Verdict:
    """Speed in km/h along and against the way's direction (0 = not allowed), and why not when neither is.

    Attributes:
        forward: km/h in the direction of the way's nodes.
        backward: km/h against it.
        factor: what a km or minute counts for when a path is chosen.
        reason: why no truck may use it; empty when one may.
    """

    forward: float = 0.0
    backward: float = 0.0
    factor: float = 1.0
    reason: str = ""


def judge_way(tags: Tags, profile: Profile) -> Verdict:
    """How a truck may use a way.

    The order of the questions is the order in which reasons are counted: what kind of road it is, who may use
    it, whether the truck fits, in which direction.
    """
    reason = _kind_refusal(tags, profile)
    if reason:
        return Verdict(reason=reason)
    ahead, back = (access(tags, profile, side) for side in ("forward", "backward"))
    if ahead == back == "denied":
        return Verdict(reason="ways: access denied")
    reason = limit_refusal(tags, profile)
    if reason:
        return Verdict(reason=f"ways: {reason}")
    along, against = directions(tags, profile)
    forward = speed(tags, profile, "forward") if along and ahead != "denied" else 0.0
    backward = speed(tags, profile, "backward") if against and back != "denied" else 0.0
    if not forward and not backward:
        return Verdict(reason="ways: direction not open to trucks")
    factor = profile.destination_factor if "destination" in (ahead, back) else 1.0
    return Verdict(forward, backward, factor)


def _kind_refusal(tags: Tags, profile: Profile) -> str:
    road = tags.get("highway", "")
    if tags.get("route") == "ferry" or (tags.get("ferry", "no") != "no" and not road):
        return "ways: ferry"
    if road in ("construction", "proposed", "planned", "abandoned", "razed") or tags.get("construction") == "yes":
        return "ways: not built yet or no longer there"
    if road not in profile.speeds or road in profile.banned_classes or road == "access":
        return "ways: class not for trucks"
    if tags.get("area") == "yes":
        return "ways: area"
    explicit = access_value(tags, profile, "") in ("yes", "designated") and "hgv" in tags
    if road == "service" and tags.get("service", "") in profile.service_denied and not explicit:
        return "ways: service road not for trucks"
    if road == "track" and tags.get("tracktype", "") not in profile.tracktype_allowed and not explicit:
        return "ways: track not for trucks"
    if tags.get("smoothness") in profile.smoothness_denied:
        return "ways: surface too rough"
    return ""


def access_value(tags: Tags, profile: Profile, side: str) -> str:
    """The value of the most particular access tag present; ``side`` is forward, backward or empty."""
    for key in reversed(profile.access_keys):
        for name in (f"{key}:{side}", key) if side else (key,):
            value = tags.get(name, "").strip().lower()
            if value and value != "unknown":
                return value
    return ""


def access(tags: Tags, profile: Profile, side: str = "") -> str:
    """``allowed``, ``denied`` or ``destination``. Of several values (``destination;no``) the mildest counts."""
    value = access_value(tags, profile, side)
    kinds = {_access_kind(part.strip(), profile) for part in value.split(";")}
    return next(kind for kind in ("allowed", "destination", "denied") if kind in kinds)


def _access_kind(value: str, profile: Profile) -> str:
    if value in profile.access_denied:
        return "denied"
    return "destination" if value in profile.access_destination else "allowed"


def directions(tags: Tags, profile: Profile) -> tuple[bool, bool]:
    """Whether trucks may drive along and against the way, by its oneway tags and what its kind implies."""
    for key in profile.oneway_keys:
        value = tags.get(key, "").strip().lower()
        if value in _YES:
            return True, False
        if value in _BACK:
            return False, True
        if value == "reversible":
            return False, False
        if value:
            return True, True
    implied = tags.get("highway") in profile.oneway_classes or tags.get("junction") in profile.oneway_junctions
    return True, not implied


def speed(tags: Tags, profile: Profile, side: str) -> float:
    """km/h of a laden truck, never above a legal limit."""
    usual = profile.speeds[tags["highway"]]
    if not profile.respect_maxspeed:
        return usual
    for key in (f"maxspeed:hgv:{side}", "maxspeed:hgv", f"maxspeed:{side}", "maxspeed"):
        limit = parse_speed(tags.get(key, ""))
        if limit:
            return min(usual, limit)
    return usual


def limit_refusal(tags: Tags, profile: Profile) -> str:
    """Which posted limit the truck exceeds; empty when it fits."""
    sizes = {
        "mass": (profile.mass_t, parse_mass, "maxweight too low"),
        "axle": (profile.axle_t, parse_mass, "axle load limit too low"),
        "height": (profile.height_m, parse_length, "maxheight too low"),
        "width": (profile.width_m, parse_length, "maxwidth too low"),
        "length": (profile.length_m, parse_length, "maxlength too low"),
    }
    for name, (size, parse, reason) in sizes.items():
        for key in profile.limit_keys[name]:
            value = tags.get(key, "").strip().lower()
            parts = [parse(part) for part in value.split(";") if part.strip() and part.strip() not in profile.no_limit]
            if any(limit is not None and limit < size for limit in parts):
                return reason
    return ""


def blocks(tags: Tags, profile: Profile) -> bool:
    """Whether a node with these tags stops a truck: a bollard, a gate with access denied, a low portal."""
    barrier = tags.get("barrier", "")
    if not barrier:
        return False
    if limit_refusal(tags, profile):
        return True
    if access_value(tags, profile, ""):
        return access(tags, profile) == "denied"
    return barrier in profile.blocking_barriers


def parse_mass(text: str) -> float | None:
    """Tonnes from ``7.5``, ``7.5 t``, ``7500 kg``, ``8 st`` (short tons), ``16000 lbs``; None when it is none."""
    return _number_with_unit(text, _TONNES)


def parse_length(text: str) -> float | None:
    """Metres from ``3.8``, ``3.8 m``, ``380 cm``, ``12'6"``, ``12 ft 6 in``; None when it is none."""
    feet = _FEET_INCHES.match(text.strip().lower())
    if feet:
        return (float(feet[1]) * 12 + float(feet[2] or 0)) * 0.0254
    return _number_with_unit(text, _METRES)


def parse_speed(text: str) -> float | None:
    """km/h from ``50``, ``30 mph``, ``walk``; None for ``none``, ``signals``, ``CN:urban`` and the like."""
    if text.strip().lower() == "walk":
        return _WALKING_KM_H
    values = [_number_with_unit(part, _KM_H) for part in text.split(";")]
    known = [value for value in values if value]
    return min(known) if known else None


def _number_with_unit(text: str, units: Mapping[str, float]) -> float | None:
    match = _NUMBER_UNIT.match(text.strip().lower())
    if not match or match[2] not in units:
        return None
    return float(match[1].replace(",", ".")) * units[match[2]]
