"""A three-day week with one of everything, and a plan for it worked out by hand.

Rates: 1 CNY per t·km, 0.1 kg CO2e per t·km, 0.5 CNY per kg.

S1  300 t of spoil, 100 t a day. 70 t leave on day 1 (30 wait), 70 on day 2 (60 wait, as much as its stock_max),
    80 on day 3: 220 of 300 t moved, 80 unserved, at priority 3.
S2  60 t of topsoil, may stay: 30 t moved, none unserved.
S3  100 t of rubble, all moved.   S4  40 t of clay, all moved.
D1  in m³ compacted, spoil 2 t/m³ and clay 2.5 t/m³: day 1 40/2 + 40/2.5 = 36, day 2 70/2 = 35, day 3 50/2 = 25;
    96 of the 100 m³ required: 4 m³ short = 8 t of spoil. Offered 120 m³ = 240 t, received 200 t, 40 t = 0.2 of it clay.
Y1  +30, then -20: 10 t at the end.   Y2  25 t of topsoil at first, +30 -20, -15: 20 t at the end, 5 more than its
    end_stock_max of 15, which is unserved.   L1  takes 20 t.
P1  100 t of rubble come, 60 and 40 are processed; a t makes 0.8 aggregate and 0.1 residue, 0.1 is lost: nights of
    40 + 48 + 6 = 94, 10 + 10 = 20 and 10 t.
Q1  sells 25 t.   O1  takes 30 t of spoil and 10 t of residue on day 3.

unserved 3·80 + 8 + 5 = 253; off-site 40; landfill 20; transfer 30 + 30 = 60;
t·km 400+120+200+800+375 + 500+120+90+140+40+630 + 500+900+30+250 = 5095, CO2e 509.5 kg;
haul 5095 CNY but for P1 to D3, 70 t at 4 CNY instead of 630: 4745; gates Y1 60, P1 -100, L1 200, O1 1200: 1360;
quarry 500; recipes 100·5 = 500; holding at P1 (94 + 20 + 10)·0.5 = 62; end stock P1 10·3 + Y1 10·1 = 40;
carbon 254.75: cost 7461.75. Asks 2·220 = 440, bids 6·70 = 420: welfare -(420 - 440 - 7461.75) = 7481.75.
generated 300 + 60 + 100 + 40 = 500; direct 40 + 40 + 50 + 50 = 180; recycled 100·(1 - 0.1) = 90;
placed D1 200 + D2 35 = 235 (aggregate is no waste): utilisation (235 + 90) / 500 = 0.65.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from optimizer.check import CheckResult, check
from optimizer.progress import Progress

ORDER = ["unserved", "offsite", "landfill", "transfer", "haul", "cost", "carbon", "welfare"]

SCENARIO = {
    "scenario.toml": """
name = "by hand"
start = 2025-03-03
days = 3
[objective]
order = ["unserved", "offsite", "landfill", "transfer", "haul", "cost", "carbon", "welfare"]
[roads]
distances = "distances.csv"
[costs]
haul_per_t_km = 1
co2_per_t_km = 0.1
carbon_per_kg = 0.5
""",
    "materials.csv": """
material,compacted_t_m3
spoil_silty_clay,2
clay_dry,2.5
""",
    "supplies.csv": """
supply,material,quantity,unit,from,to,daily_max,stock_max,grade,must_move,ask,priority
S1,spoil_silty_clay,300,t,,,150,60,2,true,2,3
S2,topsoil,60,t,2025-03-04,2025-03-05,,,1,false,,
S3,concrete_rubble,100,t,2025-03-03,2025-03-03,,,,,,
S4,clay_dry,40,t,2025-03-03,2025-03-03,,,2,,,
""",
    "demands.csv": """
demand,accepts,quantity,unit,required,from,to,daily_max,grade,bid
D1,spoil_silty_clay;clay_dry,120,m3_compacted,100,,,40,2,
D2,topsoil,50,t,,2025-03-04,2025-03-05,,1,
D3,recycled_aggregate,80,t,,,,,,6
D4,quarry_fill,30,t,,,,,,
""",
    "facilities.csv": """
facility,kind,accepts,daily_in,daily_out,storage,fee,status,from,hold_cost,end_cost,end_stock_max,grade,longest_stay
Y1,yard,spoil_silty_clay,30,20,40,2,open,,,1,,,
Y2,yard,topsoil,30,20,60,,open,,,,15,,
P1,recycling,concrete_rubble,,,100,-1,open,,0.5,3,,,
L1,disposal,spoil_silty_clay,20,,25,10,open,,,,,2,
O1,offsite,*,40,,50,30,open,,,,,,
Q1,quarry,quarry_fill,,30,30,20,open,,,,,,
K1,yard,*,,,100,,closed,,,,,,
C1,yard,*,,,100,,candidate,,,,,,
""",
    "recipes.csv": """
facility,input,output,yield,daily_max,cost
P1,concrete_rubble,recycled_aggregate,0.8,60,5
P1,concrete_rubble,residue,0.1,60,5
""",
    "stocks.csv": """
facility,material,grade,quantity,unit
Y2,topsoil,1,25,t
""",
    "mixes.csv": """
demand,material,min_share,max_share
D1,clay_dry,0.1,0.25
""",
    "distances.csv": """
from,to,km,minutes,cost_per_t
S1,D1,10,20,
S1,Y1,4,8,
S4,D1,5,,
S3,P1,8,12,
Q1,D4,15,,
S1,L1,6,,
S2,Y2,3,,
Y1,D1,7,,
Y2,D2,2,,
P1,D3,9,,4
S1,O1,30,,
P1,O1,25,,
Y1,Y2,1,,
Y2,Y1,1,,
P1,P1,1,,
P1,Y1,1,,
S1,S2,1,,
S1,Q1,1,,
D1,Y1,1,,
L1,O1,1,,
O1,L1,1,,
Q1,D2,1,,
Q1,Y1,1,,
S1,K1,1,,
S1,C1,1,,
S3,D1,1,,
S3,O1,1,,
""",
}

PLAN = {
    "flows.csv": """
date,from,to,material,grade,t,km,t_km,minutes,cost,via
2025-03-03,S1,D1,spoil_silty_clay,2,40,10,400,20,400,direct
2025-03-03,S1,Y1,spoil_silty_clay,2,30,4,120,8,180,yard
2025-03-03,S4,D1,clay_dry,2,40,5,200,,200,direct
2025-03-03,S3,P1,concrete_rubble,2,100,8,800,12,700,recycling
2025-03-03,Q1,D4,quarry_fill,1,25,15,375,,875,quarry
2025-03-04,S1,D1,spoil_silty_clay,2,50,10,500,20,500,direct
2025-03-04,S1,L1,spoil_silty_clay,2,20,6,120,,320,disposal
2025-03-04,S2,Y2,topsoil,1,30,3,90,,90,yard
2025-03-04,Y1,D1,spoil_silty_clay,2,20,7,140,,140,yard
2025-03-04,Y2,D2,topsoil,1,20,2,40,,40,yard
2025-03-04,P1,D3,recycled_aggregate,2,70,9,630,,280,recycling
2025-03-05,S1,D1,spoil_silty_clay,2,50,10,500,20,500,direct
2025-03-05,S1,O1,spoil_silty_clay,2,30,30,900,,1800,offsite
2025-03-05,Y2,D2,topsoil,1,15,2,30,,30,yard
2025-03-05,P1,O1,residue,2,10,25,250,,550,offsite
""",
    "stocks.csv": """
date,facility,material,grade,t_start,t_in,t_out,t_end
2025-03-03,Y1,spoil_silty_clay,2,0,30,0,30
2025-03-03,Y2,topsoil,1,25,0,0,25
2025-03-03,P1,concrete_rubble,2,0,100,60,40
2025-03-03,P1,recycled_aggregate,2,0,48,0,48
2025-03-03,P1,residue,2,0,6,0,6
2025-03-04,Y1,spoil_silty_clay,2,30,0,20,10
2025-03-04,Y2,topsoil,1,25,30,20,35
2025-03-04,P1,concrete_rubble,2,40,0,40,0
2025-03-04,P1,recycled_aggregate,2,48,32,70,10
2025-03-04,P1,residue,2,6,4,0,10
2025-03-04,L1,spoil_silty_clay,2,0,20,0,20
2025-03-05,Y1,spoil_silty_clay,2,10,0,0,10
2025-03-05,Y2,topsoil,1,35,0,15,20
2025-03-05,P1,recycled_aggregate,2,10,0,0,10
2025-03-05,P1,residue,2,10,0,10,0
2025-03-05,L1,spoil_silty_clay,2,20,0,0,20
""",
    "processing.csv": """
date,facility,input,grade,t,cost
2025-03-03,P1,concrete_rubble,2,60,300
2025-03-04,P1,concrete_rubble,2,40,200
""",
    "balance.csv": """
id,side,material,offered_t,moved_t,unserved_t
S1,supply,spoil_silty_clay,300,220,80
S2,supply,topsoil,60,30,0
S3,supply,concrete_rubble,100,100,0
S4,supply,clay_dry,40,40,0
D1,demand,spoil_silty_clay,240,200,8
D2,demand,topsoil,50,35,0
D3,demand,recycled_aggregate,80,70,0
D4,demand,quarry_fill,30,25,0
Y2,stock,topsoil,25,20,5
""",
    "reasons.csv": """
id,what,t,why,would_help
S1,unserved,80,D1 took all it could,more trucks
D1,unserved,8,nothing more came,more spoil
Y2,unserved,5,D2 was full,a larger D2
S1,offsite,30,D1 and Y1 were full,
P1,offsite,10,"nobody takes residue, here",
""",
}

VALUES = [253, 40, 20, 60, 5095, 7461.75, 509.5, 7481.75]

SUMMARY: dict[str, Any] = {
    "name": "by hand",
    "start": "2025-03-03",
    "days": 3,
    "status": "optimal",
    "termination": "optimal",
    "mode": "lexicographic",
    "goals": [{"name": name, "value": value, "bound": value} for name, value in zip(ORDER, VALUES, strict=True)],
    "kpis": {
        "generated_t": 500, "direct_t": 180, "direct_share": 0.36, "transfer_t": 60, "offsite_t": 40,
        "landfill_t": 20, "recycled_t": 90, "placed_t": 235, "utilisation_rate": 0.65, "end_stock_t": 40,
        "opening_stock_t": 25, "process_loss_t": 10, "borrowed_t": 25, "t": 550, "t_km": 5095,
        "mean_haul_km": 5095 / 550, "unserved_t": 93, "co2_kg": 509.5, "cost": 7461.75,
        "cost_parts": {
            "haul": 4745, "gate_fees": 1360, "processing": 500, "purchase": 500, "holding": 62, "end_stock": 40,
            "carbon": 254.75,
        },
        "by_material": {
            "spoil_silty_clay": {
                "generated_t": 300, "direct_t": 140, "transfer_t": 30, "offsite_t": 30, "landfill_t": 20,
                "placed_t": 160, "end_stock_t": 10, "t": 240, "t_km": 2680, "mean_haul_km": 2680 / 240,
            },
            "clay_dry": {"generated_t": 40, "direct_t": 40, "direct_share": 1.0, "utilisation_rate": 1.0},
            "topsoil": {"placed_t": 35, "end_stock_t": 20, "opening_stock_t": 25, "t": 65},
            "concrete_rubble": {"recycled_t": 90, "process_loss_t": 10, "utilisation_rate": 0.9},
            "recycled_aggregate": {"t": 70, "end_stock_t": 10, "utilisation_rate": None},
            "residue": {"offsite_t": 10},
            "quarry_fill": {"borrowed_t": 25},
        },
        "by_class": {"spoil": {"generated_t": 400, "placed_t": 235}},
    },
}  # fmt: skip


class HandMade:
    """The scenario and its plan as files; ``set``, ``replace`` and ``append`` change them before they are checked."""

    def __init__(self, folder: Path):
        self.scenario = folder / "week"
        self.plan = folder / "plan"
        self.texts = {("week", name): text.strip() + "\n" for name, text in SCENARIO.items()}
        self.texts |= {("plan", name): text.strip() + "\n" for name, text in PLAN.items()}
        self.summary: dict[str, Any] = json.loads(json.dumps(SUMMARY))

    def text(self, side: str, file: str) -> str:
        return self.texts.get((side, file), "")

    def replace(self, side: str, file: str, old: str, new: str) -> None:
        """Replaces a text that stands exactly once in a file; a file that is not there yet is ``new`` as a whole."""
        text = self.text(side, file)
        assert not text or text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        self.texts[side, file] = text.replace(old, new) if text else new

    def set(self, file: str, row: int, column: str, value: str) -> None:
        """Sets one cell of the plan; ``row`` is the line in the file."""
        lines = self.text("plan", file).splitlines()
        cells = lines[row - 1].split(",")
        at = lines[0].split(",").index(column)
        assert cells[at] != value
        cells[at] = value
        lines[row - 1] = ",".join(cells)
        self.texts["plan", file] = "\n".join(lines) + "\n"

    def append(self, file: str, row: str) -> None:
        """Adds one row to a file of the plan."""
        self.texts["plan", file] += row + "\n"

    def drop(self, file: str, row: int) -> None:
        """Takes one row out of a file of the plan."""
        lines = self.text("plan", file).splitlines()
        del lines[row - 1]
        self.texts["plan", file] = "\n".join(lines) + "\n"

    def put(self, path: str, value: Any) -> None:
        """Sets one value of plan.json by its dotted path."""
        *parents, last = path.split(".")
        data: Any = self.summary
        for key in parents:
            data = data[int(key)] if isinstance(data, list) else data[key]
        if isinstance(data, list):
            data[int(last)] = value
        else:
            assert data.get(last) != value
            data[last] = value

    def write(self) -> None:
        """Writes both folders; plan.json tells the hashes of the inputs as they are."""
        for folder in (self.scenario, self.plan):
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir(parents=True)
        for (side, file), text in self.texts.items():
            (self.scenario if side == "week" else self.plan).joinpath(file).write_text(text, encoding="utf-8")
        hashes = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(self.scenario.iterdir())}
        summary = {"inputs": hashes} | self.summary
        (self.plan / "plan.json").write_text(json.dumps(summary), encoding="utf-8")

    def findings(self) -> list[str]:
        """Writes, checks, and returns the findings as text."""
        return [str(f) for f in self.result().findings]

    def result(self) -> CheckResult:
        self.write()
        return check(self.scenario, self.plan, Progress())
