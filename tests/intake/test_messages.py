"""One broken fixture per message: the whole list of faults is compared, so follow-on faults would show."""
# ruff: noqa: E501 - a message is read best on one line

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

S, D, F, R = "supplies.csv", "demands.csv", "facilities.csv", "recipes.csv"
T, L, K, M = "scenario.toml", "releases.csv", "stocks.csv", "mixes.csv"
C, A, U, X = "calendar.csv", "materials.csv", "trucks.csv", "distances.csv"


@dataclass(frozen=True)
class Case:
    name: str
    changes: dict[str, Any]
    expected: list[str]


CASES = [
    Case("no settings", {T: None}, ["scenario.toml: the file is missing; it says at least start, days and [roads]"]),
    Case("unknown table", {"suplies.csv": "a,b\n1,2\n"}, ["suplies.csv: unknown table; did you mean `supplies`?"]),
    Case(
        "unknown table far",
        {"zzz.csv": "a,b\n1,2\n"},
        [
            "zzz.csv: unknown table; known are materials.csv, supplies.csv, releases.csv, demands.csv, facilities.csv, recipes.csv, stocks.csv, mixes.csv, distances.csv, trucks.csv, calendar.csv, gates.csv, bans.csv, uncertainty.csv, sizes.csv"
        ],
    ),
    Case(
        "empty file",
        {M: ""},
        [
            "mixes.csv: the table is empty; expected the columns demand, material, min_share, max_share, before_t, before_all_t"
        ],
    ),
    Case(
        "unknown column",
        {D: ("quantity,unit", "quantitty,unit")},
        [
            "demands.csv:1: quantitty: unknown column; did you mean `quantity`?",
            "demands.csv:1: quantity: column missing; expected: Most it takes in all.",
        ],
    ),
    Case(
        "unknown column far",
        {M: ("max_share", "zzzz")},
        ["mixes.csv:1: zzzz: unknown column; known are demand, material, min_share, max_share, before_t, before_all_t"],
    ),
    Case(
        "column twice",
        {M: [("max_share", "max_share,Material"), ("0.5", "0.5,clay_wet")]},
        ["mixes.csv:1: material: the column is there twice"],
    ),
    Case(
        "column missing",
        {M: "demand,min_share\nD1,0.5\n"},
        ["mixes.csv:1: material: column missing; expected: A material it accepts."],
    ),
    Case(
        "unnamed column",
        {M: [("max_share", "max_share,"), ("0.5", "0.5,7")]},
        ["mixes.csv:2: '7' stands in column 5, which has no name in the header"],
    ),
    Case(
        "too many cells",
        {M: ("0.5", "0.5,extra")},
        ["mixes.csv:2: the row has 5 cells and the header 4; put quotes around a cell that contains a comma"],
    ),
    Case(
        "semicolons",
        {M: "demand;material;min_share;max_share\nD1;clay_dry;;0.5\n"},
        ["mixes.csv:1: cells are separated by semicolons; save the file with commas (lists use ;)"],
    ),
    Case(
        "full-width commas",
        {M: "demand，material，min_share，max_share\n"},
        ["mixes.csv:1: cells are separated by full-width commas; save the file with commas (lists use ;)"],
    ),
    Case(
        "bars",
        {M: "demand|material|min_share|max_share\n"},
        ["mixes.csv:1: cells are separated by vertical bars; save the file with commas (lists use ;)"],
    ),
    Case(
        "unclosed quote", {S: ("S2,park", 'S2,"park')}, ["supplies.csv:3: a quote opened in this row is never closed"]
    ),
    Case(
        "text after quote",
        {M: ("D1", '"D"1')},
        ['mixes.csv:2: text follows a closing quote; inside a quoted cell write "" for a quote'],
    ),
    Case(
        "nul",
        {M: ("0.5", "0.\x005")},
        ["mixes.csv:2: contains a NUL character, so it is not a text file; save it as CSV UTF-8"],
    ),
    Case(
        "no text",
        {M: b"demand,material\nD1,\xff\xff\x80\n"},
        ["mixes.csv:2: is not text in UTF-8, UTF-16 with BOM or GBK; save the file as CSV UTF-8"],
    ),
    Case("number text", {S: (",100,m3_bank", ",many,m3_bank")}, ["supplies.csv:2: quantity: 'many' is not a number"]),
    Case(
        "number nan",
        {S: (",100,m3_bank", ",NaN,m3_bank")},
        ["supplies.csv:2: quantity: 'NaN' is not a number; leave the cell blank when it is not known"],
    ),
    Case(
        "number inf",
        {S: (",100,m3_bank", ",inf,m3_bank")},
        ["supplies.csv:2: quantity: 'inf' is not a number; leave the cell blank when it is not known"],
    ),
    Case(
        "number huge",
        {S: (",100,m3_bank", ",1e400,m3_bank")},
        ["supplies.csv:2: quantity: '1e400' is too large to be true; numbers up to 1e+12 are read"],
    ),
    Case(
        "number too large",
        {S: (",100,m3_bank", ",2e9,m3_bank")},
        ["supplies.csv:2: quantity: '2e9' is too large; expected at most 1e+09"],
    ),
    Case(
        "number negative",
        {S: (",100,m3_bank", ",-5,m3_bank")},
        ["supplies.csv:2: quantity: '-5' is too small; expected more than 0"],
    ),
    Case(
        "number zero",
        {S: (",100,m3_bank", ",0,m3_bank")},
        ["supplies.csv:2: quantity: '0' is too small; expected more than 0"],
    ),
    Case(
        "number unit",
        {S: (",100,m3_bank", ",100 t,m3_bank")},
        [
            "supplies.csv:2: quantity: '100 t' is not a plain number; write the digits only, units have their own column or are fixed"
        ],
    ),
    Case(
        "number percent",
        {S: (",100,m3_bank", ",100%,m3_bank")},
        ["supplies.csv:2: quantity: '100%' is a percentage; a plain number is expected here"],
    ),
    Case(
        "decimal comma",
        {S: (",100,m3_bank", ',"100,5",m3_bank')},
        ["supplies.csv:2: quantity: '100,5' has a decimal comma; write a point, as in 100.5"],
    ),
    Case(
        "number superscript",
        {S: (",100,m3_bank", ",5²,m3_bank")},
        [
            "supplies.csv:2: quantity: '5²' is not a plain number; write the digits only, units have their own column or are fixed"
        ],
    ),
    Case(
        "number is date",
        {S: (",100,m3_bank", ",2025-03-03,m3_bank")},
        ["supplies.csv:2: quantity: '2025-03-03' is not a number"],
    ),
    Case("not whole", {F: (",,,3\n", ",,,2.5\n")}, ["facilities.csv:2: longest_stay: '2.5' is not a whole number"]),
    Case(
        "stock_max negative",
        {S: (",50,200,", ",50,-1,")},
        ["supplies.csv:2: stock_max: '-1' is too small; expected at least 0 t"],
    ),
    Case(
        "storage negative",
        {F: ("400,400,800", "400,400,-800")},
        ["facilities.csv:2: storage: '-800' is too small; expected at least 0 t"],
    ),
    Case(
        "required blank",
        {D: (",90,m3_compacted", ",,m3_compacted")},
        ["demands.csv:2: quantity: is blank; expected: Most it takes in all."],
    ),
    Case(
        "unit blank",
        {D: (",90,m3_compacted", ",90,")},
        [
            "demands.csv:2: unit: is blank; expected: Unit of this row's quantities: tonnes, or m³ with the volume state named."
        ],
    ),
    Case(
        "unit unknown",
        {D: (",90,m3_compacted", ",90,m3_compact")},
        [
            "demands.csv:2: unit: 'm3_compact' is not known; expected one of t, m3_bank, m3_loose, m3_compacted; did you mean `m3_compacted`?"
        ],
    ),
    Case(
        "date ambiguous",
        {S: ("2025-03-03,2025-03-07", "03/04/2025,2025-03-07")},
        ["supplies.csv:2: from: '03/04/2025' may be day/month or month/day; write the year first, as in 2025-03-03"],
    ),
    Case(
        "date impossible",
        {S: ("2025-03-03,2025-03-07", "2025-02-30,2025-03-07")},
        ["supplies.csv:2: from: '2025-02-30' is not a day of the calendar"],
    ),
    Case(
        "date text",
        {S: ("2025-03-03,2025-03-07", "Monday,2025-03-07")},
        ["supplies.csv:2: from: 'Monday' is not a date; write it as 2025-03-03"],
    ),
    Case(
        "date year",
        {S: ("2025-03-03,2025-03-07", "0025-03-03,2025-03-07")},
        ["supplies.csv:2: from: '0025-03-03' is the date 0025-03-03; years 1950 to 2200 are read"],
    ),
    Case(
        "date time",
        {S: ("2025-03-03,2025-03-07", "2025-03-03 08:30,2025-03-07")},
        ["supplies.csv:2: from: '2025-03-03 08:30' is not a date; write it as 2025-03-03"],
    ),
    Case(
        "time", {U: ("07:00", "25:61")}, ["trucks.csv:2: shift_from: '25:61' is not a time of day; write it as 07:30"]
    ),
    Case("bool", {S: (",true,-3", ",maybe,-3")}, ["supplies.csv:2: must_move: 'maybe' is neither true nor false"]),
    Case(
        "grade",
        {S: (",2,true,-3", ",3,true,-3")},
        ["supplies.csv:2: grade: '3' is not a contamination grade; expected 1, 2 or x"],
    ),
    Case(
        "control character",
        {S: ("S1,pit", "S1,p\x07it")},
        ["supplies.csv:2: name: 'p?it' contains a control character; type the cell again"],
    ),
    Case(
        "id line break",
        {S: ("S1,pit", '"S\n1",pit')},
        ["supplies.csv:2: supply: 'S 1' contains a line break or tab; an id is one line"],
    ),
    Case(
        "id long",
        {
            S: (
                "S4,",
                "SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS,",
            )
        },
        ["supplies.csv:5: supply: 'SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS…' has 300 characters; an id has 200 at most"],
    ),
    Case(
        "id blank",
        {S: ("S4,", ",")},
        ["supplies.csv:5: supply: is blank; expected: Id, unique among supplies, demands and facilities."],
    ),
    Case(
        "list empty",
        {D: ("spoil_silty_clay;clay_dry", ";;")},
        ["demands.csv:2: accepts: ';;' lists nothing; write materials separated by ;"],
    ),
    Case(
        "list twice",
        {D: ("spoil_silty_clay;clay_dry", "clay_dry;干黏土;clay_dry")},
        ["demands.csv:2: accepts: 'clay_dry' is listed twice"],
    ),
    Case(
        "list commas",
        {D: ("spoil_silty_clay;clay_dry", '"spoil_silty_clay,clay_dry"')},
        ["demands.csv:2: accepts: 'spoil_silty_clay,clay_dry' is not a known material; separate materials by ;"],
    ),
    Case(
        "id twice",
        {S: ("S4,", "S1,")},
        ["supplies.csv:5: supply: 'S1' is already in row 2 of supplies.csv; ids are used once"],
    ),
    Case(
        "id twice full width",
        {S: ("S4,", "Ｓ１,")},
        ["supplies.csv:5: supply: 'Ｓ１' is already in row 2 of supplies.csv; ids are used once"],
    ),
    Case(
        "id across tables",
        {D: ("D2,", "S2,")},
        ["demands.csv:3: demand: 'S2' is already in row 3 of supplies.csv; ids are used once"],
    ),
    Case(
        "unknown ref",
        {L: ("S3,2025-03-06", "S33,2025-03-06")},
        ["releases.csv:3: supply: 'S33' is not the id of a supply; did you mean `S3`?"],
    ),
    Case(
        "wrong table ref",
        {L: ("S3,2025-03-06", "D1,2025-03-06")},
        ["releases.csv:3: supply: 'D1' is in row 2 of demands.csv; expected the id of a supply"],
    ),
    Case(
        "material unknown",
        {S: ("topsoil", "topsoli")},
        [
            "supplies.csv:3: material: 'topsoli' is not a known material; new ones go into materials.csv; did you mean `topsoil`?"
        ],
    ),
    Case(
        "material unknown zh",
        {S: ("topsoil", "表层")},
        [
            "supplies.csv:3: material: '表层' is not a known material; new ones go into materials.csv; did you mean `表层土`?"
        ],
    ),
    Case(
        "material far",
        {S: ("topsoil", "qqqqqq")},
        ["supplies.csv:3: material: 'qqqqqq' is not a known material; new ones go into materials.csv"],
    ),
    Case(
        "sludge",
        {S: ("topsoil", "生活污泥")},
        [
            "supplies.csv:3: material: '生活污泥' is household sludge 生活污泥, which never enters this stream; take the row out"
        ],
    ),
    Case(
        "hazardous",
        {S: ("topsoil", "hazardous waste")},
        [
            "supplies.csv:3: material: 'hazardous waste' is hazardous waste 危险废物, which never enters this stream; take the row out"
        ],
    ),
    Case(
        "hazardous new",
        {A: ("red_mud,红泥", "red_mud,危险废物红泥")},
        ["materials.csv:3: material: 'red_mud' is hazardous waste 危险废物, which never enters this stream"],
    ),
    Case(
        "hazardous class",
        {A: ("red mud,spoil", "red mud,hazardous")},
        ["materials.csv:3: waste_class: 'hazardous' is hazardous waste 危险废物, which never enters this stream"],
    ),
    Case(
        "material twice",
        {A: ("red_mud,红泥,red mud", "工程渣土,,")},
        ["materials.csv:3: material: '工程渣土' is already in row 2; ids are used once"],
    ),
    Case(
        "ambiguous name",
        {A: ("red_mud,红泥", "red_mud,干黏土"), D: ("spoil_silty_clay;clay_dry", "spoil_silty_clay;干黏土"), M: None},
        ["demands.csv:2: accepts: '干黏土' is the name of several materials; use the id"],
    ),
    Case(
        "no density supply",
        {S: ("slurry,30,m3_loose", "slurry,30,m3_compacted")},
        [
            "supplies.csv:5: unit: slurry has no density in m3_compacted; use t or m3_bank or m3_loose, or give compacted_t_m3 in materials.csv"
        ],
    ),
    Case(
        "dates backwards",
        {S: ("2025-03-03,2025-03-07", "2025-03-07,2025-03-03")},
        ["supplies.csv:2: to: 2025-03-03 is before `from`, 2025-03-07"],
    ),
    Case(
        "before horizon",
        {S: ("2025-03-01,2025-03-05", "2025-02-01,2025-02-05")},
        [
            "supplies.csv:3: to: ends 2025-02-05, before the horizon (2025-03-03 to 2025-03-09); correct the date or take the row out"
        ],
    ),
    Case(
        "after horizon",
        {S: ("2025-03-01,2025-03-05", "2025-03-10,")},
        [
            "supplies.csv:3: from: begins 2025-03-10, after the horizon (2025-03-03 to 2025-03-09); correct the date or take the row out"
        ],
    ),
    Case(
        "no coordinates",
        {S: ("117.02,36.80", ",")},
        [
            "supplies.csv:2: lat: is blank; coordinates are needed unless [roads] names distances",
            "supplies.csv:2: lon: is blank; coordinates are needed unless [roads] names distances",
        ],
    ),
    Case(
        "half coordinates",
        {S: ("117.02,36.80", "117.02,")},
        ["supplies.csv:2: lat: is blank; lon and lat belong together"],
    ),
    Case(
        "swapped",
        {S: ("117.02,36.80", "36.80,117.02")},
        ["supplies.csv:2: lat: '117.02' is too large; expected at most 90 degree; are lon and lat swapped?"],
    ),
    Case(
        "lon range",
        {S: ("117.02,36.80", "217.02,36.80")},
        ["supplies.csv:2: lon: '217.02' is too large; expected at most 180 degree"],
    ),
    Case(
        "zero zero",
        {S: ("117.02,36.80", "0,0")},
        ["supplies.csv:2: lon: 0, 0 lies in the sea off Africa; write the place's own coordinates"],
    ),
    Case(
        "no quantity",
        {L: "supply,date,quantity\n"},
        ["supplies.csv:4: quantity: is blank, and releases.csv has no rows for it; expected the total"],
    ),
    Case(
        "release outside",
        {L: ("2025-03-06", "2025-03-07")},
        ["releases.csv:3: date: 2025-03-07 is outside the dates of S3, 2025-03-04 to 2025-03-06"],
    ),
    Case(
        "release twice", {L: ("2025-03-06", "2025-03-04")}, ["releases.csv:3: date: S3 has this date already in row 2"]
    ),
    Case(
        "release sum",
        {S: ("concrete_rubble,,t", "concrete_rubble,130,t")},
        [
            "supplies.csv:4: quantity: is 130, but its rows in releases.csv add up to 120 t; correct one, or leave quantity blank"
        ],
    ),
    Case(
        "release zero",
        {L: [("04,70", "04,0"), ("06,50", "06,0")]},
        ["supplies.csv:4: quantity: is blank, and its rows in releases.csv add up to 0"],
    ),
    Case(
        "nothing known",
        {D: ("spoil_silty_clay;clay_dry", "earth"), M: None},
        [
            "demands.csv:2: accepts: 'earth' is not a known material; new ones go into materials.csv; did you mean `earth_wet`?"
        ],
    ),
    Case(
        "star demand",
        {D: ("spoil_silty_clay;clay_dry", "*"), M: None},
        ["demands.csv:2: accepts: '*' is not possible here; list the materials, separated by ;"],
    ),
    Case(
        "no density demand",
        {D: ("spoil_silty_clay;clay_dry", "spoil_silty_clay;concrete_rubble"), M: None},
        [
            "demands.csv:2: accepts: concrete_rubble has no density in m3_compacted; use t or m3_bank or m3_loose, or give compacted_t_m3 in materials.csv"
        ],
    ),
    Case("required more", {D: (",40,2025", ",91,2025")}, ["demands.csv:2: required: 91 is more than quantity, 90"]),
    Case(
        "demand x",
        {D: (",1,,,,\n", ",x,,,,\n")},
        [
            "demands.csv:3: grade: grade x (exceeds GB 36600 class 2) may only go to treatment or offsite; expected 1 or 2"
        ],
    ),
    Case(
        "demand outside",
        {D: ("40,2025-03-03,2025-03-09", "40,2025-04-03,2025-04-09")},
        [
            "demands.csv:2: from: begins 2025-04-03, after the horizon (2025-03-03 to 2025-03-09); correct the date or take the row out"
        ],
    ),
    Case(
        "kind",
        {F: ("yard,yard,", "yard,yrad,")},
        [
            "facilities.csv:2: kind: 'yrad' is not known; expected one of yard, disposal, recycling, treatment, offsite, quarry; did you mean `yard`?"
        ],
    ),
    Case(
        "status",
        {F: ("candidate", "canddate")},
        [
            "facilities.csv:6: status: 'canddate' is not known; expected one of open, closed, candidate; did you mean `candidate`?"
        ],
    ),
    Case(
        "yard x",
        {F: ("500,,,3", "500,x,,3")},
        [
            "facilities.csv:2: grade: grade x (exceeds GB 36600 class 2) may only go to treatment or offsite; expected 1 or 2"
        ],
    ),
    Case(
        "facility backwards",
        {F: ("2025-03-04,2025-03-08", "2025-03-08,2025-03-04")},
        ["facilities.csv:3: to: 2025-03-04 is before `from`, 2025-03-08"],
    ),
    Case(
        "star quarry",
        {F: ("quarry_sand", "*")},
        ["facilities.csv:6: accepts: '*' is not possible here; list the materials, separated by ;"],
    ),
    Case(
        "calendar blank",
        {C: (",10,", ",,")},
        ["calendar.csv:3: daily_in: is blank and so is daily_out; give at least one (both 0 = closed)"],
    ),
    Case(
        "calendar overlap",
        {C: ("F1,2025-03-05,2025-03-05,10,", "Y1,2025-03-09,2025-03-10,10,")},
        ["calendar.csv:3: from: 2025-03-09 is also within row 2 of Y1; the rows of a facility may not overlap"],
    ),
    Case(
        "calendar backwards",
        {C: ("2025-03-08,2025-03-09", "2025-03-09,2025-03-08")},
        ["calendar.csv:2: to: 2025-03-08 is before `from`, 2025-03-09"],
    ),
    Case(
        "mass",
        {R: ("0.88", "1.02")},
        [
            "recipes.csv:2: yield: makes mass out of nothing: the yields of concrete_rubble at P1 add up to 1.06; expected 1 at most"
        ],
    ),
    Case(
        "recipe at yard",
        {R: ("W1,spoil_silty_clay", "Y1,spoil_silty_clay")},
        ["recipes.csv:4: facility: Y1 is a yard; recipes stand at recycling and treatment plants only"],
    ),
    Case(
        "recipe input",
        {F: (",concrete_rubble,", ",mixed_rubble,")},
        ["recipes.csv:2: input: P1 does not accept concrete_rubble; add it to `accepts` in facilities.csv"],
    ),
    Case(
        "recipe limit differs",
        {R: ("residue,0.04,80,20", "residue,0.04,,20")},
        [
            "recipes.csv:3: daily_max: differs from row 2; all rows of the input concrete_rubble at P1 carry the same daily_max"
        ],
    ),
    Case(
        "recipe cost differs",
        {R: ("residue,0.04,80,20", "residue,0.04,80,21")},
        ["recipes.csv:3: cost: differs from row 2; all rows of the input concrete_rubble at P1 carry the same cost"],
    ),
    Case(
        "recipe twice",
        {R: ("P1,concrete_rubble,residue", "P1,concrete_rubble,recycled_aggregate")},
        ["recipes.csv:3: output: the same recipe row is already in row 2"],
    ),
    Case(
        "stock at tip",
        {K: ("Y1,spoil", "F1,spoil")},
        ["stocks.csv:2: facility: F1 is a disposal; opening stock lies at yards and plants"],
    ),
    Case(
        "stock not taken",
        {K: ("P1,recycled_aggregate", "P1,topsoil")},
        ["stocks.csv:3: material: P1 neither accepts nor makes topsoil"],
    ),
    Case(
        "stock grade",
        {K: ("Y1,spoil_silty_clay,2", "Y1,spoil_silty_clay,x")},
        ["stocks.csv:2: grade: Y1 takes grade 2 at worst; its stock is x"],
    ),
    Case(
        "stock twice",
        {K: ("P1,recycled_aggregate,,50,t", "Y1,工程渣土,,50,t")},
        ["stocks.csv:3: material: this material and grade at Y1 is already in row 2; add them up"],
    ),
    Case(
        "stock over",
        {K: ("50,t", "251,t")},
        ["stocks.csv:3: quantity: the opening stock of P1 is 251 t, more than its storage of 250 t in facilities.csv"],
    ),
    Case("mix not accepted", {M: ("clay_dry", "topsoil")}, ["mixes.csv:2: material: D1 does not accept topsoil"]),
    Case("mix min max", {M: (",,0.5", ",0.6,0.5")}, ["mixes.csv:2: min_share: 0.6 is more than max_share, 0.5"]),
    Case(
        "mix before",
        {M: "demand,material,max_share,before_t,before_all_t\nD1,clay_dry,0.5,7,5\n"},
        ["mixes.csv:2: before_t: 7 is more than before_all_t, 5"],
    ),
    Case(
        "mix twice",
        {M: ("D1,clay_dry,,0.5", "D1,clay_dry,,0.5\nD1,干黏土,,0.6")},
        ["mixes.csv:3: material: D1 has a row for it already, row 2"],
    ),
    Case(
        "mix least",
        {M: ("D1,clay_dry,,0.5", "D1,clay_dry,0.6,\nD1,工程渣土,0.6,")},
        ["mixes.csv:2: min_share: the least shares of D1 add up to 1.2; expected 1 at most"],
    ),
    Case(
        "mix largest",
        {M: ("D1,clay_dry,,0.5", "D1,clay_dry,,0.4\nD1,工程渣土,,0.5")},
        ["mixes.csv:2: max_share: the largest shares of all that D1 accepts add up to 0.9; expected 1 at least"],
    ),
    Case(
        "pair unknown",
        {T: ("detour = 1.3", 'distances = "distances.csv"'), X: "from,to,km,minutes,cost_per_t\nS1,D9,3,,\n"},
        ["distances.csv:2: to: 'D9' is not the id of a supply or demand or facility"],
    ),
    Case(
        "pair twice",
        {
            T: ("detour = 1.3", 'distances = "distances.csv"'),
            X: "from,to,km,minutes,cost_per_t\nS1,D1,3,,\nS1,D1,4,,\n",
        },
        ["distances.csv:3: to: the pair S1 to D1 is already in row 2"],
    ),
    Case(
        "pair negative",
        {T: ("detour = 1.3", 'distances = "distances.csv"'), X: "from,to,km,minutes,cost_per_t\nS1,D1,-3,,\n"},
        ["distances.csv:2: km: '-3' is too small; expected at least 0 km"],
    ),
    Case(
        "no distances",
        {T: ("detour = 1.3", 'distances = "distances.csv"')},
        ["distances.csv: cannot be read: No such file or directory"],
    ),
    Case("toml", {T: ("days = 7", "days = = 7")}, ["scenario.toml:3: is not TOML: Invalid value"]),
    Case(
        "no start",
        {T: ("start = 2025-03-03\n", "")},
        ["scenario.toml: start: is missing; expected: First day of the horizon."],
    ),
    Case(
        "start text",
        {T: ("start = 2025-03-03", 'start = "soon"')},
        ["scenario.toml:2: start: 'soon' is not a date; write it as 2025-03-03"],
    ),
    Case(
        "no days", {T: ("days = 7", "days = 0")}, ["scenario.toml:3: days: '0' is too small; expected at least 1 days"]
    ),
    Case(
        "many days",
        {T: ("days = 7", "days = 2000")},
        ["scenario.toml:3: days: '2000' is too large; expected at most 1100 days"],
    ),
    Case("half days", {T: ("days = 7", "days = 7.5")}, ["scenario.toml:3: days: '7.5' is not a whole number"]),
    Case(
        "list days",
        {T: ("days = 7", "days = [7]")},
        ["scenario.toml:3: days: is a list or table; one value is expected: Length of the horizon."],
    ),
    Case(
        "unknown key",
        {T: ("haul_per_t_km", "haul_per_tkm")},
        ["scenario.toml:9: costs.haul_per_tkm: unknown key; did you mean `haul_per_t_km`?"],
    ),
    Case(
        "unknown top",
        {T: ("days = 7", "days = 7\nstrat = 1")},
        ["scenario.toml:4: strat: unknown key; did you mean `start`?"],
    ),
    Case(
        "section as value",
        {T: [("[costs]\nhaul_per_t_km = 0.8\n", ""), ("days = 7", "days = 7\ncosts = 3")]},
        ["scenario.toml:4: costs: is a section; write its keys under [costs]"],
    ),
    Case(
        "goal unknown",
        {T: ('"haul"]', '"hual"]')},
        [
            "scenario.toml:5: objective.order: 'hual' is not a goal; expected some of unserved, offsite, landfill, transfer, fairness, haul, empties, cost, carbon, welfare, changes, frozen; did you mean `haul`?"
        ],
    ),
    Case("goal twice", {T: ('"haul"]', '"unserved"]')}, ["scenario.toml:5: objective.order: names unserved twice"]),
    Case(
        "order empty",
        {T: ('["unserved", "haul"]', "[]")},
        [
            "scenario.toml:5: objective.order: is empty; name at least one goal of unserved, offsite, landfill, transfer, fairness, haul, empties, cost, carbon, welfare, changes, frozen"
        ],
    ),
    Case(
        "order no list",
        {T: ('["unserved", "haul"]', "3")},
        ['scenario.toml:5: objective.order: is not a list of goals; write for example ["unserved", "offsite", "haul"]'],
    ),
    Case(
        "both",
        {T: ('["unserved", "haul"]', '["unserved"]\nweights = { cost = 1 }')},
        ["scenario.toml:6: objective.weights: order and weights exclude each other; keep one of them"],
    ),
    Case(
        "weight negative",
        {T: ('order = ["unserved", "haul"]', "weights = { cost = -1 }")},
        ["scenario.toml:5: objective.weights.cost: '-1' is out of range; a weight is 0 to 1e+12"],
    ),
    Case(
        "weight text",
        {T: ('order = ["unserved", "haul"]', "weights = { cost = true }")},
        ["scenario.toml:5: objective.weights.cost: 'True' is not a number"],
    ),
    Case(
        "weight zero",
        {T: ('order = ["unserved", "haul"]', "weights = { cost = 0 }")},
        ["scenario.toml:5: objective.weights: has no weight above 0; give at least one goal a weight"],
    ),
    Case(
        "weight goal",
        {T: ('order = ["unserved", "haul"]', "weights = { costs = 1 }")},
        [
            "scenario.toml:5: objective.weights: 'costs' is not a goal; expected some of unserved, offsite, landfill, transfer, fairness, haul, empties, cost, carbon, welfare, changes, frozen; did you mean `cost`?"
        ],
    ),
    Case(
        "weights list",
        {T: ('order = ["unserved", "haul"]', "weights = [1]")},
        [
            "scenario.toml:5: objective.weights: is not a table of numbers; write for example { cost = 1.0, offsite = 200.0 }"
        ],
    ),
    Case(
        "changes",
        {T: ('"haul"]', '"changes"]')},
        ["scenario.toml:4: objective.reference: is missing; the goal `changes` needs the plan folder to compare with"],
    ),
    Case(
        "reference",
        {T: ('"haul"]', '"changes"]\nreference = "nowhere"')},
        ["scenario.toml:6: objective.reference: 'nowhere' holds no flows.csv; name a folder that cutfill plan wrote"],
    ),
    Case(
        "tolerance",
        {T: ('"haul"]', '"haul"]\ntolerance = -1')},
        ["scenario.toml:6: objective.tolerance: '-1' is too small; expected at least 0"],
    ),
    Case(
        "no roads",
        {T: ("detour = 1.3", "")},
        ["scenario.toml:6: roads: names no source of distances; expected exactly one of file, distances and detour"],
    ),
    Case(
        "two roads",
        {T: ("detour = 1.3", 'detour = 1.3\nfile = "scenario.toml"')},
        ["scenario.toml:6: roads: has file, detour; expected exactly one of file, distances and detour"],
    ),
    Case(
        "roads file",
        {T: ("detour = 1.3", 'file = "roads.graphml"')},
        ["scenario.toml:7: roads.file: there is no file 'roads.graphml' in FOLDER"],
    ),
    Case(
        "roads by",
        {T: ("detour = 1.3", 'detour = 1.3\nby = "money"')},
        ["scenario.toml:8: roads.by: 'money' is not known; expected one of distance, time"],
    ),
    Case(
        "detour",
        {T: ("detour = 1.3", "detour = 0.5")},
        ["scenario.toml:7: roads.detour: '0.5' is too small; expected at least 1"],
    ),
    Case(
        "max_km",
        {T: ("detour = 1.3", "detour = 1.3\nmax_km = inf")},
        ["scenario.toml:8: roads.max_km: 'inf' is not a finite number; leave the key out for no limit"],
    ),
    Case(
        "start zone",
        {T: ("start = 2025-03-03", "start = 2025-03-03T00:00:00Z")},
        ["scenario.toml:2: start: '2025-03-03 00:00:00+00:00' has a time zone; a date alone is expected"],
    ),
    Case(
        "several at once",
        {T: ("days = 7", "days = 0"), S: [(",100,m3_bank", ",-1,m3"), ("topsoil", "soil")], D: ("40,2025", "x,2025")},
        [
            "demands.csv:2: required: 'x' is not a number",
            "scenario.toml:3: days: '0' is too small; expected at least 1 days",
            "supplies.csv:2: quantity: '-1' is too small; expected more than 0",
            "supplies.csv:2: unit: 'm3' is not known; expected one of t, m3_bank, m3_loose, m3_compacted",
            "supplies.csv:3: material: 'soil' is not a known material; new ones go into materials.csv; did you mean `topsoil`?",
        ],
    ),
    Case(
        "long cell",
        {M: 'demand,material,min_share,max_share\nD1,"' + "clay" * 300_000 + '",,\n'},
        ["mixes.csv:2: a cell is longer than 1,000,000 characters; a quote may not be closed"],
    ),
    Case(
        "excel error in csv",
        {S: (",100,m3_bank", ",#N/A,m3_bank")},
        ["supplies.csv:2: quantity: '#N/A' is not a number; leave the cell blank when it is not known"],
    ),
    Case(
        "unreadable table hides no reference",
        {S: ("S1,pit", '"S1"x,pit')},
        ['supplies.csv:2: text follows a closing quote; inside a quoted cell write "" for a quote'],
    ),
    Case(
        "horizon unknown",
        {T: ("start = 2025-03-03", 'start = "?"'), S: ("2025-03-01,2025-03-05", "1999-03-01,1999-03-05")},
        ["scenario.toml:2: start: '?' is not a date; write it as 2025-03-03"],
    ),
    Case(
        "reference needs order",
        {T: ('order = ["unserved", "haul"]', "weights = { changes = 1 }")},
        ["scenario.toml:4: objective.reference: is missing; the goal `changes` needs the plan folder to compare with"],
    ),
    Case(
        "nothing to plan",
        {S: "supply,lon,lat,material,quantity,unit\n", L: None, D: None, M: None, K: None},
        ["supplies.csv: there is no supply, no demand and no stock: nothing to plan"],
    ),
    Case(
        "distances elsewhere",
        {T: ("detour = 1.3", 'distances = "../km.csv"')},
        ["../km.csv: cannot be read: No such file or directory"],
    ),
    Case(
        "crs list",
        {T: ("detour = 1.3", "detour = 1.3\ncrs = [1]")},
        [
            "scenario.toml:8: roads.crs: is a list or table; one value is expected: Coordinate system of the road file, for example EPSG:4547."
        ],
    ),
    Case(
        "a bad release hides its sum",
        {L: ("S3,2025-03-04,70", "S3,2025-03-04,seventy"), S: ("concrete_rubble,,t", "concrete_rubble,120,t")},
        ["releases.csv:2: quantity: 'seventy' is not a number"],
    ),
    Case(
        "pair of strangers",
        {T: ("detour = 1.3", 'distances = "distances.csv"'), X: "from,to,km\nA,B,3\nA,B,4\nS1,B,4\n"},
        [
            "distances.csv:2: from: 'A' is not the id of a supply or demand or facility",
            "distances.csv:2: to: 'B' is not the id of a supply or demand or facility",
            "distances.csv:3: from: 'A' is not the id of a supply or demand or facility",
            "distances.csv:3: to: 'B' is not the id of a supply or demand or facility",
            "distances.csv:4: to: 'B' is not the id of a supply or demand or facility",
        ],
    ),
    Case(
        "blank reference",
        {L: ("S3,2025-03-04,70", ",2025-03-04,70")},
        ["releases.csv:2: supply: is blank; expected: Id of the supply."],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_fault_is_told_in_these_words(case, faults, tmp_path):
    assert [line.replace(str(tmp_path / "case"), "FOLDER") for line in faults(case.changes)] == case.expected


def test_the_good_scenario_is_good(load):
    """Else every case above would also tell the faults of the fixture."""
    assert load().name == "good"
