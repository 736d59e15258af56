"""The one table that says what a scenario may contain.

Readers, the template of ``cutfill new``, the data dictionary page and every error message come from :data:`TABLES`
and :data:`SETTINGS`; a new field is one row here and one use of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from optimizer.scenario import GATE_KINDS, GOALS, KINDS, UNCERTAIN, UNITS

Type = Literal[
    "id", "text", "number", "integer", "date", "time", "bool", "choice", "material", "materials", "grade", "ref",
    "path", "goals", "weights",
]  # fmt: skip

WASTE_CLASSES = {
    "spoil": "工程渣土",
    "slurry": "工程泥浆",
    "construction": "工程垃圾",
    "demolition": "拆除垃圾",
    "fitout": "装修垃圾",
    "product": "产品",  # not a waste: recycled aggregate, quarry goods
}
STATUSES = ("open", "closed", "candidate")
MAX_DAYS = 1100  # three years; a longer horizon is planned in pieces
MOST_T = 1e9  # largest believable quantity; far above any district, far below what upsets a solver
MOST_CNY = 1e7  # largest believable CNY per t


@dataclass(frozen=True)
class Field:
    """One column of a table, or one key of ``scenario.toml``.

    Attributes:
        name: column or key, the same in every format.
        type: how a cell is read.
        unit: unit of the value; ``own unit`` means the row's ``unit`` column, ``share`` also reads ``85%``.
        required: the cell may not be blank.
        default: what a blank means, in words when it is not a value (``None`` = stays blank).
        en: description in English.
        zh: description in Chinese.
        choices: allowed values of a choice.
        low: smallest allowed number (exclusive when ``strict``), None for no limit.
        high: largest allowed number, None for no limit.
        strict: the low limit itself is not allowed.
        refers: for ``ref``: the tables whose ids it may name.
        example: cell of the template's example row.
    """

    name: str
    type: Type
    en: str
    zh: str
    unit: str = ""
    required: bool = False
    default: str | float | bool | None = None
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    strict: bool = False
    refers: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True)
class TableSpec:
    """One file of the folder, sheet of the workbook or key of the JSON; or one section of ``scenario.toml``."""

    name: str
    en: str
    zh: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()  # columns that together are unique

    def field(self, name: str) -> Field:
        """The field of that name."""
        return next(f for f in self.fields if f.name == name)


PLACE_TABLES = ("supplies", "demands", "facilities")


def _lonlat(example: tuple[str, str]) -> tuple[Field, Field]:
    blank = "required unless [roads] names distances"
    return (
        Field("lon", "number", "Longitude, WGS-84.", "经度（WGS-84）。", unit="degree", default=blank, low=-180,
              high=180,
              example=example[0]),
        Field("lat", "number", "Latitude, WGS-84.", "纬度（WGS-84）。", unit="degree", default=blank, low=-90, high=90,
              example=example[1]),
    )  # fmt: skip


def _window(what_en: str, what_zh: str) -> tuple[Field, Field]:
    return (
        Field("from", "date", f"First date {what_en}.", f"{what_zh}的起始日期（含）。",
              default="first day of the horizon"),
        Field("to", "date", f"Last date {what_en}, included.", f"{what_zh}的截止日期（含）。",
              default="last day of the horizon"),
    )  # fmt: skip


def _unit(example: str) -> Field:
    return Field("unit", "choice", "Unit of this row's quantities: tonnes, or m³ with the volume state named.",
                 "本行数量的单位：吨，或注明自然方/松方/压实方的立方米。", required=True, choices=UNITS,
                 example=example)  # fmt: skip


_PRIORITY = Field("priority", "number", "Weight of this row's unserved tonnes in the goal `unserved`.",
                  "目标 unserved 中未安排吨数的权重。", default=1.0, low=0, high=1e6)  # fmt: skip
_OWNER = Field("owner", "text", "Who posts it.", "发布单位。", default="")
_STREET = Field(
    "street", "text", "Street (sub-district) it lies in, for totals.", "所在街道，用于分街道统计。", default=""
)

MATERIALS = TableSpec(
    "materials", "Rows override or extend the built-in material library, field by field.",
    "按字段覆盖或扩充内置材料库。",
    (
        Field("material", "id", "Material id; one of the library, or a new one.", "材料编号；库内已有或新增。",
              required=True, example="spoil_silty_clay"),
        Field("name_zh", "text", "Chinese name.", "中文名称。", default="as in the library"),
        Field("name_en", "text", "English name.", "英文名称。", default="as in the library"),
        Field("waste_class", "choice", "One of the five waste classes, or `product`.", "五类建筑垃圾之一，或产品。",
              default="as in the library; a new material is spoil", choices=tuple(WASTE_CLASSES)),
        Field("bank_t_m3", "number", "Density in the bank (natural) state.", "自然方密度。", unit="t/m³",
              default="as in the library", low=0, strict=True, high=25, example="1.92"),
        Field("loose_t_m3", "number", "Density in the loose state.", "松方密度。", unit="t/m³",
              default="as in the library", low=0, strict=True, high=25, example="1.48"),
        Field("compacted_t_m3", "number", "Density in the compacted state.", "压实方密度。", unit="t/m³",
              default="as in the library", low=0, strict=True, high=25, example="2.21"),
        Field("counts_as_waste", "bool", "Counts as waste in the utilisation rate (products do not).",
              "是否计入综合利用率的垃圾量（产品不计）。",
              default="as in the library; of a new material true, for class product false"),
    ),
    key=("material",),
)  # fmt: skip

SUPPLIES = TableSpec(
    "supplies", "Surplus lots: soil and waste that sites want to be rid of.", "余土与建筑垃圾的产生批次。",
    (
        Field("supply", "id", "Id, unique among supplies, demands and facilities.",
              "编号，在产生点、需求点、设施中唯一。",
              required=True, example="S1"),
        Field("name", "text", "Name shown to people.", "名称。", default="the id", example="一号基坑"),
        *_lonlat(("117.02", "36.80")),
        Field("material", "material", "Material id or its Chinese or English name.", "材料编号或中英文名称。",
              required=True, example="spoil_silty_clay"),
        Field("quantity", "number", "Total over all its dates, also those outside the horizon.",
              "全部日期（含计划期外）的总量。", unit="own unit",
              default="sum of its rows in releases.csv, else required",
              low=0, strict=True, high=MOST_T, example="3000"),
        _unit("m3_bank"),
        *_window("on which it is released and may leave", "产生并可外运"),
        Field("daily_max", "number", "Most that may leave in a day.", "每日最大外运量。", unit="own unit per day",
              default="no limit", low=0, high=MOST_T),
        Field("stock_max", "number", "Most that may wait on site overnight.", "现场过夜暂存上限。", unit="t",
              default="no limit", low=0, high=MOST_T),
        Field("grade", "grade", "Contamination grade by GB 36600: 1, 2 or x.", "污染等级（GB 36600）：1、2 或 x。",
              default="2", example="2"),
        Field("must_move", "bool", "What has not left by the last date is unserved; false: it simply stays.",
              "到期未外运的计为未安排；false 表示可留在原地。", default=True, example="true"),
        Field("ask", "number", "Price asked by the owner (negative: the owner pays).", "要价（负数表示倒贴）。",
              unit="CNY/t", low=-MOST_CNY, high=MOST_CNY),
        _PRIORITY, _OWNER, _STREET,
    ),
    key=("supply",),
)  # fmt: skip

RELEASES = TableSpec(
    "releases", "Day-by-day release of a supply, instead of evenly over its dates.", "按日产生量（否则在日期内均摊）。",
    (
        Field("supply", "ref", "Id of the supply.", "产生点编号。", required=True, refers=("supplies",)),
        Field("date", "date", "A date within the supply's own dates.", "日期，须在该产生点的起止日期内。",
              required=True),
        Field("quantity", "number", "Released on that date; the rows of a supply must add up to its quantity.",
              "当日产生量；同一产生点各行之和须等于其总量。", unit="the supply's own unit", required=True, low=0,
              high=MOST_T),
    ),
    key=("supply", "date"),
)  # fmt: skip

DEMANDS = TableSpec(
    "demands", "Sites that need fill, soil or product.", "需要回填土、种植土或再生产品的地点。",
    (
        Field("demand", "id", "Id, unique among supplies, demands and facilities.",
              "编号，在产生点、需求点、设施中唯一。",
              required=True, example="D1"),
        Field("name", "text", "Name shown to people.", "名称。", default="the id", example="抬高地块"),
        *_lonlat(("117.06", "36.83")),
        Field("accepts", "materials", "Materials it takes, separated by `;`, the preferred one first.",
              "接受的材料，以 ; 分隔，首选在前。", required=True, example="spoil_silty_clay;clay_dry"),
        Field("quantity", "number", "Most it takes in all.", "总需求量。", unit="own unit", required=True, low=0,
              strict=True, high=MOST_T, example="2500"),
        _unit("m3_compacted"),
        Field("required", "number", "Part that must be met; not more than quantity.", "必须满足的部分，不大于总量。",
              unit="own unit", default=0.0, low=0, high=MOST_T, example="1000"),
        *_window("on which it receives", "接收"),
        Field("daily_max", "number", "Most it takes in a day.", "每日最大接收量。", unit="own unit per day",
              default="no limit", low=0, high=MOST_T),
        Field("grade", "grade", "Worst contamination grade it takes: 1 or 2.", "可接受的最差污染等级：1 或 2。",
              default="2", example="2"),
        Field("bid", "number", "Price offered (negative: it wants to be paid).", "出价（负数表示收费）。", unit="CNY/t",
              low=-MOST_CNY, high=MOST_CNY),
        _PRIORITY, _OWNER, _STREET,
    ),
    key=("demand",),
)  # fmt: skip

FACILITIES = TableSpec(
    "facilities", "Transfer yards, placement yards, plants, off-site places and quarries.",
    "转运调配场、消纳场、资源化与处理厂、区外去处及采石场。",
    (
        Field("facility", "id", "Id, unique among supplies, demands and facilities.",
              "编号，在产生点、需求点、设施中唯一。", required=True, example="Y1"),
        Field("name", "text", "Name shown to people.", "名称。", default="the id", example="北部转运场"),
        Field("kind", "choice", "What it is.", "类别：转运场、消纳场、资源化厂、处理厂、区外、采石场。", required=True,
              choices=KINDS, example="yard"),
        *_lonlat(("117.04", "36.82")),
        Field("accepts", "materials", "Materials it takes, separated by `;` (a quarry: what it sells); "
              "`*` = every known material, not for a quarry.",
              "接受的材料，以 ; 分隔（采石场：出售的材料）；* 表示全部已知材料，采石场除外。", required=True,
              example="*"),
        Field("daily_in", "number", "Most it takes in a day.", "每日最大进场量。", unit="t/day", default="no limit",
              low=0, high=MOST_T, example="4000"),
        Field("daily_out", "number", "Most that leaves in a day.", "每日最大出场量。", unit="t/day", default="no limit",
              low=0, high=MOST_T, example="4000"),
        Field("storage", "number", "Most it holds overnight, all materials together; for disposal the room left.",
              "过夜存量上限（各材料合计）；消纳场为剩余容量。", unit="t",
              default="yard, recycling, treatment: none overnight; the others: no limit", low=0, high=MOST_T,
              example="8000"),
        Field("fee", "number", "Gate fee per t received (negative: it pays); for a quarry the price per t sold.",
              "进场收费（负数表示付费收料）；采石场为售价。", unit="CNY/t", default=0.0, low=-MOST_CNY, high=MOST_CNY,
              example="5"),
        Field("status", "choice", "closed and candidate take no part in a plan; `cutfill site` may open candidates.",
              "状态：运行、关闭、候选。", default="open", choices=STATUSES, example="open"),
        Field("opening_cost", "number", "Cost of opening a candidate.", "候选场启用费用。", unit="CNY", default=0.0,
              low=0, high=1e12),
        Field("lease", "number", "Lease of a candidate, only while it is open; `cutfill site` then chooses its dates.",
              "候选场租金，仅在启用期间支付；此时由 cutfill site 选定启停日期。", unit="CNY/month", default=0.0, low=0,
              high=1e12),
        Field("restoration_cost", "number",
              "Cost of restoring a candidate's land when it closes before the horizon ends.",
              "候选场在计划期内关闭时的场地恢复费用。", unit="CNY", default=0.0, low=0, high=1e12),
        *_window("on which it is open", "开放"),
        Field("hold_cost", "number", "Cost of a tonne lying there a night.", "过夜保管费。", unit="CNY/t/night",
              default=0.0, low=0, high=MOST_CNY),
        Field("end_cost", "number", "Price of a tonne still there at the end: handling it again.", "期末存量处置费。",
              unit="CNY/t", default=0.0, low=0, high=MOST_CNY, example="8"),
        Field("end_stock_max", "number", "Most that may lie there at the end.", "期末存量上限。", unit="t",
              default="no limit", low=0, high=MOST_T),
        Field("grade", "grade", "Worst contamination grade it takes; x only at treatment and offsite.",
              "可接受的最差污染等级；x 仅限处理厂与区外。", default="2; x for treatment and offsite; 1 for a quarry"),
        _STREET,
        Field("longest_stay", "integer", "Nights a tonne may lie there.", "最长堆存夜数。", unit="nights",
              default="no limit", low=0, high=36500),
    ),
    key=("facility",),
)  # fmt: skip

SIZES = TableSpec(
    "sizes", "Sizes of a candidate, of which `cutfill site` chooses one at most; without a row there is one.",
    "候选场的可选规模，cutfill site 至多选一种；无此表则仅一种。",
    (
        Field("facility", "ref", "Id of a candidate.", "候选场编号。", required=True, refers=("facilities",),
              example="Y2"),
        Field("size", "id", "Name of the size.", "规模名称。", required=True, example="large"),
        Field("storage", "number", "Most it holds overnight; for disposal the room left.",
              "过夜存量上限；消纳场为剩余容量。", unit="t", default="as in facilities.csv", low=0,
              high=MOST_T, example="9000"),
        Field("daily_in", "number", "Most it takes in a day, also on dates of calendar.csv on which it is open.",
              "每日最大进场量。", unit="t/day", default="as in facilities.csv", low=0, high=MOST_T, example="2000"),
        Field("daily_out", "number", "Most that leaves in a day, likewise.", "每日最大出场量。", unit="t/day",
              default="as in facilities.csv", low=0, high=MOST_T, example="2000"),
        Field("opening_cost", "number", "Cost of opening it at this size.", "启用费用。", unit="CNY",
              default="as in facilities.csv", low=0, high=1e12, example="400000"),
        Field("lease", "number", "Lease while it is open.", "启用期间的租金。", unit="CNY/month",
              default="as in facilities.csv", low=0, high=1e12),
        Field("restoration_cost", "number", "Cost of restoring the land when it closes before the horizon ends.",
              "计划期内关闭时的场地恢复费用。", unit="CNY", default="as in facilities.csv", low=0, high=1e12),
    ),
    key=("facility", "size"),
)  # fmt: skip

RECIPES = TableSpec(
    "recipes", "What plants turn their inputs into; several outputs are several rows.", "处理配方；多种产出写多行。",
    (
        Field("facility", "ref", "Id of a recycling or treatment plant.", "资源化厂或处理厂编号。", required=True,
              refers=("facilities",), example="P1"),
        Field("input", "material", "Material processed.", "投入材料。", required=True, example="concrete_rubble"),
        Field("output", "material", "Material made.", "产出材料。", required=True, example="recycled_aggregate"),
        Field("yield", "number", "Tonnes of output per tonne of input; the yields of one input add up to 1 at most.",
              "每吨投入的产出吨数；同一投入各产出之和不超过 1。", unit="share", required=True, low=0, high=1000,
              example="0.88"),
        Field("daily_max", "number", "Most of the input processed in a day, the same on every row of one input.",
              "每日最大处理量，同一投入各行须相同。", unit="t of input per day", default="no limit", low=0,
              high=MOST_T, example="800"),
        Field("cost", "number", "Cost of processing, the same on every row of one input.",
              "处理成本，同一投入各行须相同。", unit="CNY per t of input", default=0.0, low=-MOST_CNY, high=MOST_CNY,
              example="20"),
        Field("grade_in", "grade", "Only this grade of the input.", "仅限该污染等级的投入。", default="any grade"),
        Field("grade_out", "grade", "Grade of the output.", "产出的污染等级。", default="same as it came in"),
    ),
    key=("facility", "input", "output", "grade_in", "grade_out"),
)  # fmt: skip

STOCKS = TableSpec(
    "stocks", "Opening stock of yards and plants.", "转运场与处理厂的期初存量。",
    (
        Field("facility", "ref", "Id of a yard or plant.", "转运场或处理厂编号。", required=True,
              refers=("facilities",),
              example="Y1"),
        Field("material", "material", "Material that lies there.", "材料。", required=True, example="spoil_silty_clay"),
        Field("grade", "grade", "Its contamination grade.", "污染等级。", default="2", example="2"),
        Field("quantity", "number", "How much lies there when the horizon opens.", "期初数量。", unit="own unit",
              required=True, low=0, high=MOST_T, example="500"),
        _unit("t"),
    ),
    key=("facility", "material", "grade"),
)  # fmt: skip

MIXES = TableSpec(
    "mixes", "Blend limits of a demand, by mass over the horizon.", "需求点的掺配比例限制（按质量）。",
    (
        Field("demand", "ref", "Id of the demand.", "需求点编号。", required=True, refers=("demands",), example="D1"),
        Field("material", "material", "A material it accepts.", "该需求点接受的一种材料。", required=True,
              example="clay_dry"),
        Field("min_share", "number", "Least share of all it receives.", "最小占比。", unit="share", default=0.0, low=0,
              high=1),
        Field("max_share", "number", "Largest share of all it receives.", "最大占比。", unit="share", default=1.0,
              low=0,
              high=1, example="0.5"),
        Field("before_t", "number", "Of this material, what had come before the horizon; it counts in the shares.",
              "计划期前已到的该材料，计入占比。", unit="t", default=0.0, low=0, high=MOST_T),
        Field("before_all_t", "number", "Of all materials, what had come before the horizon.",
              "计划期前已到的全部材料。", unit="t", default=0.0, low=0, high=MOST_T),
    ),
    key=("demand", "material"),
)  # fmt: skip

DISTANCES = TableSpec(
    "distances", "One-way distances; a missing pair is no road.", "单程距离；缺失的组合表示无路可通。",
    (
        Field("from", "ref", "Id of the place of loading.", "装车地点编号。", required=True, refers=PLACE_TABLES),
        Field("to", "ref", "Id of the place of tipping.", "卸车地点编号。", required=True, refers=PLACE_TABLES),
        Field("km", "number", "Length of the drive.", "里程。", unit="km", required=True, low=0, high=20000),
        Field("minutes", "number", "Driving time.", "行驶时间。", unit="min", low=0, high=1e6),
        Field("cost_per_t", "number", "Haul cost that replaces km × haul_per_t_km.", "每吨运费，替代里程计价。",
              unit="CNY/t", default="km × haul_per_t_km", low=0, high=MOST_CNY),
    ),
    key=("from", "to"),
)  # fmt: skip

TRUCKS = TableSpec(
    "trucks", "Trucks for `cutfill dispatch`.", "派车用的车辆表。",
    (
        Field("truck", "id", "Id of a truck, or of a class of equal trucks.", "车辆（或同型车组）编号。", required=True,
              example="T1"),
        Field("count", "integer", "How many of them.", "数量。", default=1.0, low=1, high=1e5, example="5"),
        Field("depot", "text", "Where they start and end.", "停车场。", default="", example="东停车场"),
        Field("lon", "number", "Longitude of the depot, WGS-84.", "停车场经度。", unit="degree", low=-180, high=180,
              example="117.03"),
        Field("lat", "number", "Latitude of the depot, WGS-84.", "停车场纬度。", unit="degree", low=-90, high=90,
              example="36.81"),
        Field("payload", "number", "Legal load.", "核定载质量。", unit="t", required=True, low=0, strict=True, high=200,
              example="16"),
        Field("body", "number", "Body volume.", "车厢容积。", unit="m³ loose", default="limited by mass only", low=0,
              strict=True, high=200, example="18"),
        Field("shift_from", "time", "Start of the shift, HH:MM.", "出车时间。", default="00:00", example="07:00"),
        Field("shift_to", "time", "End of the shift, HH:MM; earlier than shift_from = next morning.",
              "收车时间；早于出车时间表示次日。", default="24:00", example="19:00"),
        Field("cost_per_km", "number", "Running cost.", "每公里费用。", unit="CNY/km", default=0.0, low=0, high=1e6,
              example="4.5"),
        Field("cost_per_hour", "number", "Cost of truck and driver per hour.", "每小时费用。", unit="CNY/h",
              default=0.0,
              low=0, high=1e6, example="60"),
        Field("co2_per_km_loaded", "number", "Carbon laden.", "重车碳排放。", unit="kg/km", low=0, high=100),
        Field("co2_per_km_empty", "number", "Carbon empty.", "空车碳排放。", unit="kg/km", low=0, high=100),
        Field("carrier", "text", "Whose trucks they are.", "承运单位。", default="", example="东运公司"),
        Field("vehicle", "text", "Vehicle class, as bans.csv names it.", "车型，与 bans.csv 一致。", default="",
              example="4-axle"),
        Field("emission", "integer", "Emission stage (China 3 … 6), as bans.csv limits it.",
              "排放阶段（国三至国六）。", default="not known: an emission ban does not touch it", low=1, high=9,
              example="6"),
        Field("carries", "materials", "Materials these trucks may carry, separated by `;`.",
              "可运材料，以 ; 分隔。", default="every material"),
        Field("driving_max", "number", "Most driving of a shift.", "每班最长驾驶时间。", unit="h", default="no limit",
              low=0, strict=True, high=24),
        Field("rest_after", "number", "Most driving without a rest (regulation on road safety, art. 62: 4 h).",
              "最长连续驾驶时间（道路交通安全法实施条例第 62 条：4 小时）。", unit="h", default=4.0, low=0, strict=True,
              high=24),
        Field("rest", "number", "Length of a rest (the same article: 20 min).", "休息时长（同条：20 分钟）。",
              unit="min", default=20.0, low=0, strict=True, high=600),
        Field("range_loaded", "number", "Electric trucks: laden km of a full battery.", "电动车：满电重车续航里程。",
              unit="km", default="no battery", low=0, strict=True, high=5000),
        Field("range_empty", "number", "Electric trucks: empty km of a full battery.", "电动车：满电空车续航里程。",
              unit="km", default="range_loaded", low=0, strict=True, high=5000),
        Field("charge_minutes", "number", "Electric trucks: minutes that charge an empty battery full.",
              "电动车：从空到满的充电时间。", unit="min", low=0, strict=True, high=6000),
        Field("reserve", "number", "Electric trucks: share of the battery that is never used.",
              "电动车：任何时候须保留的电量。", unit="share", default=0.1, low=0, high=0.9),
        Field("chargers", "text", "Electric trucks: ids of places where they can charge besides their depot, separated "
              "by `;`.", "电动车：除停车场外可充电的地点编号，以 ; 分隔。", default="the depot only"),
    ),
    key=("truck",),
)  # fmt: skip

GATES = TableSpec(
    "gates", "Hours, bays and times of loading and tipping places, for `cutfill dispatch`.",
    "装卸点的开放时间、作业位与作业时间（派车用）。",
    (
        Field("place", "ref", "Id of a supply, demand or facility.", "产生点、需求点或设施编号。", required=True,
              refers=PLACE_TABLES, example="Y1"),
        Field("what", "choice", "Loading or tipping there.", "装车或卸车。", required=True, choices=GATE_KINDS,
              example="tip"),
        Field("opens", "time", "First minute of service, HH:MM; several rows for several spells.",
              "开始作业时间；多个时段写多行。", default="00:00", example="06:00"),
        Field("closes", "time", "Service has ended by then, HH:MM; earlier than opens = next morning.",
              "结束作业时间；早于开始时间表示次日。", default="24:00", example="20:00"),
        Field("bays", "integer", "Trucks served at once, the same on every row of one gate.",
              "同时作业车位数，同一装卸点各行须相同。", default="no limit", low=1, high=1000, example="2"),
        Field("minutes", "number", "Minutes to load or tip one truck, the same on every row of one gate.",
              "每车装或卸的时间，同一装卸点各行须相同。", unit="min",
              default="load_minutes or tip_minutes of [dispatch]", low=0, high=600, example="3"),
        Field("wash", "number", "Minutes to wash and scan after tipping, the same on every row of one gate.",
              "卸后冲洗与查验时间，同一装卸点各行须相同。", unit="min", default="wash_minutes of [dispatch] after "
              "tipping, none after loading", low=0, high=600),
        Field("per_hour", "number", "Most trucks an hour; a bay then stays taken for 60 × bays / per_hour minutes.",
              "每小时最多车次；此时每车占位 60×车位数/每小时车次 分钟。", unit="trucks/h",
              default="as many as the bays serve", low=0, strict=True, high=6000, example="30"),
    ),
    key=("place", "what", "opens"),
)  # fmt: skip

BANS = TableSpec(
    "bans", "Hours in which trucks may not drive, for `cutfill dispatch`.", "货车限行时段（派车用）。",
    (
        Field("vehicle", "text", "Vehicle class of trucks.csv it touches.", "受限车型。", default="every class",
              example="4-axle"),
        Field("emission", "integer", "It touches trucks of this emission stage and older ones.",
              "受限排放阶段（含更旧）。", default="every stage", low=1, high=9),
        Field("street", "text", "It touches drives from or to places of this street.", "受限街道（出入该街道的行程）。",
              default="every place and depot"),
        *_window("of the ban", "限行"),
        Field("hour_from", "time", "Nothing it touches is on the way from then, HH:MM.", "限行开始时间。",
              required=True, example="07:00"),
        Field("hour_to", "time", "Until then, HH:MM; earlier than hour_from = next morning.",
              "限行结束时间；早于开始时间表示次日。", required=True, example="09:00"),
    ),
)  # fmt: skip

UNCERTAINTY = TableSpec(
    "uncertainty", "What is not certain, for `cutfill hedge`; a plan takes what the other tables say.",
    "不确定量（用于 cutfill hedge）；常规计划以其他表为准。",
    (
        Field("what", "choice", "quantity or delay of a lot or need; rain: days of the horizon on which earth is "
              "neither dug nor placed; wet: what a lot's soil counts as when it is dug after rain.",
              "quantity 数量、delay 推迟天数（供方或需求点）；rain 不开挖、不填筑的雨天数；wet 雨后开挖土的材料归类。",
              required=True, choices=UNCERTAIN, example="quantity"),
        Field("id", "ref", "Lot or need; blank for rain.", "供方或需求点编号；rain 留空。",
              refers=("supplies", "demands"), example="S1"),
        Field("p10", "number", "Not more than this with a chance of one in ten; own unit, or days.",
              "十分位下限（P10），本行单位或天。", unit="own unit", low=-366, high=MOST_T, example="2400"),
        Field("p50", "number", "As likely more as less.", "中位数（P50）。", unit="own unit", low=-366, high=MOST_T,
              example="3000"),
        Field("p90", "number", "More than this with a chance of one in ten.", "十分位上限（P90）。", unit="own unit",
              low=-366, high=MOST_T, example="3900"),
        Field("group", "text", "Rows of one group are high or low together.", "同组各行同高同低。",
              default="on its own", example="metro"),
        Field("material", "material", "For wet: the material it then is.", "wet：雨后归为的材料。"),
    ),
    key=("what", "id"),
)  # fmt: skip

CALENDAR = TableSpec(
    "calendar", "Other daily limits of a facility on some dates; both 0 = closed.",
    "设施在某些日期的每日限额；均为 0 表示关闭。",
    (
        Field("facility", "ref", "Id of the facility.", "设施编号。", required=True, refers=("facilities",),
              example="Y1"),
        Field("from", "date", "First date.", "起始日期。", required=True),
        Field("to", "date", "Last date, included.", "截止日期（含）。", required=True),
        Field("daily_in", "number", "Most it takes in a day, on these dates.", "这些日期的每日最大进场量。",
              unit="t/day", default="as in facilities.csv", low=0, high=MOST_T),
        Field("daily_out", "number", "Most that leaves in a day, on these dates.", "这些日期的每日最大出场量。",
              unit="t/day", default="as in facilities.csv", low=0, high=MOST_T),
    ),
)  # fmt: skip

TABLES = {t.name: t for t in (MATERIALS, SUPPLIES, RELEASES, DEMANDS, FACILITIES, RECIPES, STOCKS, MIXES, DISTANCES,
                              TRUCKS, CALENDAR, GATES, BANS, UNCERTAINTY, SIZES)}  # fmt: skip

SETTINGS = (
    TableSpec("", "Top of the file.", "文件顶部。", (
        Field("name", "text", "Name of the scenario.", "方案名称。", default="the folder's name"),
        Field("start", "date", "First day of the horizon.", "计划期第一天。", required=True, example="2025-03-03"),
        Field("days", "integer", "Length of the horizon.", "计划期天数。", unit="days", required=True, low=1,
              high=MAX_DAYS, example="7"),
        Field("period_days", "integer", "Days that are planned as one, for long horizons; `days` is a multiple of it.",
              "合并规划的天数（用于长计划期），days 须为其整数倍。", unit="days", default=1, low=1, high=MAX_DAYS),
    )),
    TableSpec("objective", "What the plan is for.", "优化目标。", (
        Field("order", "goals", "Goals, the most important first; each is bounded by the ones before.",
              "目标顺序，最重要的在前。", default="unserved; offsite; transfer; haul, unless weights are given",
              choices=GOALS),
        Field("tolerance", "number", "Relative slack that a later goal may take from an earlier one.",
              "后一目标可占用前一目标的相对松弛。", unit="share", default=1e-6, low=0, high=1),
        Field("weights", "weights", "Instead of order: a weight for each goal, CNY per unit of the goal.",
              "以权重代替顺序：每个目标单位折合的元。", low=0, high=1e12, choices=GOALS),
        Field("reference", "path", "Plan folder that the goals `changes` and `frozen` compare with.",
              "目标 changes、frozen 的对照方案目录。"),
        Field("reference_days", "integer", "First days of the horizon that the reference covers; later ones are free.",
              "对照方案覆盖的天数；其后各日不计改动。", unit="days", default="all", low=0, high=MAX_DAYS),
        Field("frozen_days", "integer", "First days of the horizon on which `frozen` counts every change.",
              "冻结天数：计划期最初若干天，其改动计入目标 frozen。", unit="days", default=0, low=0, high=MAX_DAYS),
    )),
    TableSpec("roads", "Where distances come from: exactly one of file, distances and detour.",
              "距离来源：file、distances、detour 三选一。", (
        Field("file", "path", "OSM extract, GraphML, folder with nodes.csv and edges.csv, GeoPackage or Shapefile.",
              "路网文件或含 nodes.csv、edges.csv 的目录。"),
        Field("distances", "path", "The table of distances.", "距离表。"),
        Field("detour", "number", "Great-circle distance × this; a last resort.", "直线距离乘以该系数，不得已时使用。",
              low=1, high=10),
        Field("by", "choice", "Which drive is best.", "按里程或按时间选路。", default="distance",
              choices=("distance", "time")),
        Field("max_km", "number", "Longer drives are not considered.", "最大运距。", unit="km", default="no limit",
              low=0, strict=True, high=20000),
        Field("snap_km", "number", "A site farther than this from any truck road is a fault.",
              "距最近货车道路超过此值即报错。", unit="km", default=1.0, low=0, strict=True, high=1000),
        Field("profile", "path", "Road profile file that overrides the built-in one.", "自定义道路通行规则文件。"),
        Field("zones", "path", "GeoJSON of banned or preferred zones.", "禁行或优先区域（GeoJSON）。"),
        Field("crs", "text", "Coordinate system of the road file, for example EPSG:4547.", "路网文件的坐标系。",
              default="as the file says, else WGS-84"),
        Field("attribution", "text", "Whose data the map is, shown wherever the roads are drawn.",
              "地图数据来源署名，凡绘制路网处均显示。", default="as the file says"),
    )),
    TableSpec("costs", "Rates of money and carbon.", "单价与碳排放因子。", (
        Field("haul_per_t_km", "number", "Haul rate.", "运输单价。", unit="CNY/t·km", default=0.9, low=0,
              high=MOST_CNY),
        Field("co2_per_t_km", "number", "Carbon factor (GB/T 51366-2019, 18 t diesel).", "运输碳排放因子。",
              unit="kg/t·km", default=0.129, low=0, high=100),
        Field("carbon_per_kg", "number", "Price of carbon.", "碳价。", unit="CNY/kg", default=0.0, low=0,
              high=MOST_CNY),
        Field("unserved_per_t", "number", "Price of an unserved tonne in weights mode.", "权重模式下未安排吨数的罚价。",
              unit="CNY/t", default=1000.0, low=0, high=MOST_CNY),
    )),
    TableSpec("streets", "What streets are paid for what they bear, and the most that one may bear.",
              "街道承担与生态补偿。", (
        Field("per_t", "number", "Eco-compensation of a street for a tonne received by a facility in it.",
              "街道内设施每接收一吨的生态补偿。", unit="CNY/t", default=0.0, low=0, high=MOST_CNY),
        Field("per_passage", "number", "Eco-compensation of a street for a laden truck that starts or ends in it.",
              "每辆次重车在街道内始发或到达的生态补偿。", unit="CNY/truck", default=0.0, low=0, high=MOST_CNY),
        Field("truck_t", "number", "Load of a truck, for counting passages.", "折算车次的每车载质量。", unit="t",
              default=16.0, low=0, strict=True, high=200),
        Field("max_share", "number", "Most of the burden of all streets that one street may bear.",
              "单个街道承担份额上限。", unit="share", default="no limit", low=0, strict=True, high=1),
    )),
    TableSpec("dispatch", "What `cutfill dispatch` takes where gates.csv and trucks.csv say nothing.",
              "派车参数，在 gates.csv、trucks.csv 未注明时采用。", (
        Field("laden_km_h", "number", "Speed of a laden truck.", "重车速度。", unit="km/h",
              default="as the roads say, else 25", low=0, strict=True, high=120),
        Field("empty_km_h", "number", "Speed of an empty truck.", "空车速度。", unit="km/h",
              default="as the roads say, else 35", low=0, strict=True, high=120),
        Field("load_minutes", "number", "Minutes to load a truck.", "装车时间。", unit="min", default=5.0, low=0,
              high=600),
        Field("tip_minutes", "number", "Minutes to tip a truck.", "卸车时间。", unit="min", default=3.0, low=0,
              high=600),
        Field("wash_minutes", "number", "Minutes to wash and scan a truck after tipping.", "卸后冲洗与查验时间。",
              unit="min", default=4.0, low=0, high=600),
        Field("fuel_loaded", "number", "Diesel laden.", "重车油耗。", unit="L/100 km", default=41.5, low=0, high=500),
        Field("fuel_empty", "number", "Diesel empty.", "空车油耗。", unit="L/100 km", default=27.5, low=0, high=500),
        Field("co2_per_l", "number", "Carbon of a litre, where trucks.csv gives none per km.", "每升柴油碳排放。",
              unit="kg/L", default=2.65, low=0, high=100),
    )),
)  # fmt: skip

SETTING_FIELDS = {f"{s.name}.{f.name}".lstrip("."): f for s in SETTINGS for f in s.fields}
