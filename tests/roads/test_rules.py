"""The truck's rules, one small table each; and the profile file with a person's own over it."""

from __future__ import annotations

import pytest

from optimizer.errors import InputError
from optimizer.roads import Profile
from optimizer.roads.rules import blocks, judge_way, parse_length, parse_mass, parse_speed

TRUCK = Profile.load(None)


def judged(**tags: str):
    """The verdict on a secondary road with these tags; a double underscore stands for a colon."""
    return judge_way({"highway": "secondary", **{k.replace("__", ":"): v for k, v in tags.items()}}, TRUCK)


@pytest.mark.parametrize(
    ("tags", "open_"),
    [
        ({"access": "no"}, False),
        ({"access": "private"}, False),
        ({"access": "no", "hgv": "yes"}, True),
        ({"access": "private", "motor_vehicle": "yes"}, True),
        ({"motor_vehicle": "yes", "hgv": "no"}, False),
        ({"vehicle": "no"}, False),
        ({"vehicle": "no", "motor_vehicle": "permissive"}, True),
        ({"goods": "no"}, False),
        ({"goods": "no", "hgv": "designated"}, True),
        ({"hgv": "agricultural"}, False),
        ({"hgv": "destination"}, True),
        ({"hgv": "delivery"}, True),
        ({"access": "destination;no"}, True),
        ({"hgv": "unknown", "access": "no"}, False),
        ({"bicycle": "no", "foot": "no"}, True),
        ({"hgv__forward": "no", "hgv__backward": "no"}, False),
    ],
)
def test_access_the_most_particular_tag_decides(tags, open_):
    verdict = judged(**tags)
    assert bool(verdict.forward) == open_
    assert verdict.reason == ("" if open_ else "ways: access denied")


def test_destination_roads_are_open_but_avoided():
    assert judged(hgv="destination").factor == TRUCK.destination_factor == 5.0
    assert judged(hgv="yes").factor == 1.0


@pytest.mark.parametrize(
    ("tags", "along", "against"),
    [
        ({}, True, True),
        ({"oneway": "yes"}, True, False),
        ({"oneway": "1"}, True, False),
        ({"oneway": "-1"}, False, True),
        ({"oneway": "reverse"}, False, True),
        ({"oneway": "no", "highway": "motorway"}, True, True),
        ({"highway": "motorway"}, True, False),
        ({"junction": "roundabout"}, True, False),
        ({"junction": "circular"}, True, True),
        ({"oneway": "yes", "oneway__hgv": "no"}, True, True),
        ({"oneway": "no", "oneway__hgv": "yes"}, True, False),
        ({"oneway": "reversible"}, False, False),
        ({"oneway": "alternating"}, True, True),
        ({"hgv__backward": "no"}, True, False),
        ({"hgv__forward": "no"}, False, True),
    ],
)
def test_directions(tags, along, against):
    verdict = judged(**tags)
    assert (bool(verdict.forward), bool(verdict.backward)) == (along, against)


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"highway": "footway"}, "ways: class not for trucks"),
        ({"highway": "living_street"}, "ways: class not for trucks"),
        ({"highway": "access"}, "ways: class not for trucks"),
        ({"highway": "construction"}, "ways: not built yet or no longer there"),
        ({"highway": "proposed"}, "ways: not built yet or no longer there"),
        ({"area": "yes"}, "ways: area"),
        ({"highway": "service", "service": "driveway"}, "ways: service road not for trucks"),
        ({"highway": "service", "service": "parking_aisle"}, "ways: service road not for trucks"),
        ({"highway": "service", "service": "driveway", "hgv": "yes"}, ""),
        ({"highway": "service"}, ""),
        ({"highway": "track"}, "ways: track not for trucks"),
        ({"highway": "track", "tracktype": "grade2"}, ""),
        ({"highway": "track", "tracktype": "grade3"}, "ways: track not for trucks"),
        ({"highway": "track", "tracktype": "grade3", "hgv": "designated"}, ""),
        ({"smoothness": "very_horrible"}, "ways: surface too rough"),
        ({"route": "ferry"}, "ways: ferry"),
        ({"maxweight": "20"}, "ways: maxweight too low"),
        ({"maxweight": "31"}, ""),
        ({"maxweight": "30.9 t"}, "ways: maxweight too low"),
        ({"maxweight": "40;20"}, "ways: maxweight too low"),
        ({"maxweight": "none"}, ""),
        ({"maxweight__hgv": "7.5"}, "ways: maxweight too low"),
        ({"maxaxleload": "9"}, "ways: axle load limit too low"),
        ({"maxheight": "3.5"}, "ways: maxheight too low"),
        ({"maxheight": "4.2"}, ""),
        ({"maxheight": "default"}, ""),
        ({"maxwidth": "2.3"}, "ways: maxwidth too low"),
        ({"maxlength": "10"}, "ways: maxlength too low"),
    ],
)
def test_kinds_and_limits(tags, reason):
    assert judged(**tags).reason == reason


@pytest.mark.parametrize(
    ("text", "tonnes"),
    [
        ("7.5", 7.5),
        ("7.5 t", 7.5),
        ("7,5", 7.5),
        ("7500 kg", 7.5),
        ("8 st", 7.25747792),
        ("16000 lbs", 7.25747792),
        ("12t", 12.0),
        ("lots", None),
        ("", None),
        ("-3", None),
    ],
)
def test_parse_mass(text, tonnes):
    assert parse_mass(text) == (pytest.approx(tonnes) if tonnes is not None else None)


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("3.8", 3.8),
        ("3.8 m", 3.8),
        ("380 cm", 3.8),
        ("12'6\"", 3.81),
        ("12'", 3.6576),
        ("12 ft 6 in", 3.81),
        ("high", None),
    ],
)
def test_parse_length(text, metres):
    assert parse_length(text) == (pytest.approx(metres) if metres is not None else None)


@pytest.mark.parametrize(
    ("text", "km_h"),
    [("50", 50), ("30 mph", 48.28032), ("walk", 7), ("none", None), ("CN:urban", None), ("60;40", 40), ("0", None)],
)
def test_parse_speed(text, km_h):
    assert parse_speed(text) == (pytest.approx(km_h) if km_h is not None else None)


def test_speeds_are_capped_never_raised():
    assert judged().forward == 35.0
    assert judged(maxspeed="20").forward == 20.0
    assert judged(maxspeed="80").forward == 35.0
    assert judged(maxspeed="80", maxspeed__hgv="30").backward == 30.0
    assert judged(maxspeed__backward="10").forward == 35.0
    assert judged(maxspeed__backward="10").backward == 10.0


@pytest.mark.parametrize(
    ("tags", "stops"),
    [
        ({"barrier": "bollard"}, True),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, False),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "private"}, True),
        ({"barrier": "gate", "access": "private", "hgv": "yes"}, False),
        ({"barrier": "height_restrictor", "maxheight": "2.5"}, True),
        ({"barrier": "toll_booth"}, False),
        ({"highway": "crossing", "access": "no"}, False),
    ],
)
def test_barriers(tags, stops):
    assert blocks(tags, TRUCK) == stops


def own_profile(tmp_path, text: str) -> Profile:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return Profile.load(path)


def test_own_profile_overrides_key_by_key(tmp_path):
    """A lighter, lower truck, its own speed on secondary roads and no motorways; all else stays."""
    own = own_profile(
        tmp_path,
        "[truck]\nmass_t = 18\nheight_m = 3.2\n[speeds]\nsecondary = 20\nhaul_road = 25\n"
        '[rules]\nbanned_classes = ["motorway"]\n',
    )
    assert judge_way({"highway": "secondary", "maxweight": "20", "maxheight": "3.5"}, own).forward == 20.0
    assert judge_way({"highway": "haul_road"}, own).forward == 25.0
    assert judge_way({"highway": "motorway"}, own).reason == "ways: class not for trucks"
    assert judge_way({"highway": "primary"}, own).forward == TRUCK.speeds["primary"]
    assert own.digest != TRUCK.digest


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("[trucks]\nmass_t = 1", "trucks", "did you mean truck?"),
        ("[truck]\nmas_t = 1", "truck.mas_t", "did you mean mass_t?"),
        ("[truck]\nmass_t = -1", "truck.mass_t", "not a number above 0"),
        ("[truck]\nmass_t = nan", "truck.mass_t", "not a number above 0"),
        ("[truck]\nmass_t = true", "truck.mass_t", "not a number above 0"),
        ('[speeds]\nprimary = "fast"', "speeds.primary", "not a number above 0"),
        ("[speeds]\nprimary = 900", "speeds.primary", "at most 150"),
        ('[rules]\nbanned_classes = "motorway"', "rules.banned_classes", "not a list of words"),
        ("[rules]\nrespect_maxspeed = 1", "rules.respect_maxspeed", "not true or false"),
        ("[truck\n", "", "not a TOML file"),
    ],
)
def test_wrong_profiles(tmp_path, text, place, message):
    with pytest.raises(InputError) as error:
        own_profile(tmp_path, text)
    (fault,) = error.value.faults
    assert (fault.file, fault.column) == ("own.toml", place)
    assert message in fault.message


def test_all_faults_of_a_profile_at_once(tmp_path):
    with pytest.raises(InputError) as error:
        own_profile(tmp_path, "[truck]\nmass_t = -1\nheight_m = 0\n[speeds]\nprimary = -5\n")
    assert len(error.value.faults) == 3
    with pytest.raises(InputError, match="cannot be read"):
        Profile.load(tmp_path / "absent.toml")
