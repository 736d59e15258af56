"""Districts to site in."""

from __future__ import annotations

import itertools
import random

import pytest


@pytest.fixture
def chance_district(week):
    """A seeded district: three pits, two fills, an off-site place, and candidates of several kinds."""

    def make(seed: int, candidates: int, objective: str):
        dice = random.Random(seed)
        kinds = ["yard", "disposal", "quarry", "yard", "disposal", "recycling"]
        rows = {"supplies": ["supply,material,quantity,unit,from,to,street"],
                "demands": ["demand,accepts,quantity,unit,required"],
                "facilities": ["facility,kind,accepts,daily_in,daily_out,storage,fee,status,opening_cost,street"],
                "recipes": ["facility,input,output,yield,daily_max,cost"], "distances": ["from,to,km"]}  # fmt: skip
        for i in range(3):
            rows["supplies"].append(
                f"S{i},spoil_silty_clay,{dice.randint(50, 200)},t,2025-03-0{3 + i // 2},2025-03-05,s{i % 2}"
            )
        for i in range(2):
            need = dice.randint(60, 150)
            rows["demands"].append(f"D{i},spoil_silty_clay;quarry_gravel,{need},t,{need // 2}")
        rows["facilities"].append("O,offsite,*,60,,,40,open,,")
        for i in range(candidates):
            kind = kinds[i % len(kinds)]
            accepts = "quarry_gravel" if kind == "quarry" else "spoil_silty_clay"
            gate = dice.randint(40, 150)
            storage = dice.randint(50, 200) if kind in ("yard", "disposal") else ""
            limits = f",{gate}," if kind == "quarry" else f"{gate},,{storage}"
            rows["facilities"].append(
                f"F{i},{kind},{accepts},{limits},{dice.randint(0, 20)},candidate,{dice.randint(100, 2500)},s{i % 2}"
            )
            if kind == "recycling":
                rows["recipes"].append(f"F{i},spoil_silty_clay,quarry_gravel,0.8,{gate},3")
        places = [f"F{i}" for i in range(candidates)]
        pairs = itertools.chain(
            itertools.product(["S0", "S1", "S2", *places], ["D0", "D1", "O"]),
            itertools.product(["S0", "S1", "S2"], places),
            itertools.permutations(places, 2),
        )
        rows["distances"] += [f"{a},{b},{dice.randint(1, 30)}" for a, b in pairs]
        return week(
            f"[objective]\n{objective}\n", **{name: "\n".join(lines) for name, lines in rows.items() if len(lines) > 1}
        )

    return make
