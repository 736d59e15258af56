"""What is generated from the schema: the folder of ``cutfill new`` and the data dictionary page.

``python -m optimizer.template`` writes the page to ``docs/data-dictionary.md``.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from optimizer.errors import InputError
from optimizer.files import folder_written_whole, write_whole
from optimizer.materials import library
from optimizer.schema import SETTINGS, TABLES, Field, TableSpec

PAGE = Path(__file__).parents[1] / "docs" / "data-dictionary.md"
_ACTIVE = {
    "name": '"my week 我的一周"',
    "start": "2025-03-03",
    "days": "7",
    "objective.order": '["unserved", "offsite", "transfer", "haul"]',
    "roads.detour": "1.3",
}
_EXAMPLES = {
    "objective.weights": "{ cost = 1.0, offsite = 200.0 }",
    "objective.reference": '"../last-week-out"',
    "roads.file": '"roads.graphml"',
    "roads.distances": '"distances.csv"',
    "roads.max_km": "60",
    "roads.profile": '"profile.toml"',
    "roads.zones": '"zones.geojson"',
    "roads.crs": '"EPSG:4326"',
    "dispatch.laden_km_h": "25",
    "dispatch.empty_km_h": "35",
}
# Rows after the first one, which the schema's examples give; a column that is not named is blank.
_MORE_ROWS: dict[str, tuple[dict[str, str], ...]] = {
    "supplies": (
        {"supply": "S2", "name": "表土剥离", "lon": "117.03", "lat": "36.85", "material": "topsoil", "quantity": "600",
         "unit": "m3_loose", "grade": "1", "must_move": "false"},
        {"supply": "S3", "name": "旧厂房拆除", "lon": "117.00", "lat": "36.82", "material": "concrete_rubble",
         "unit": "t", "from": "2025-03-04", "to": "2025-03-07"},
    ),
    "releases": (
        {"supply": "S3", "date": "2025-03-04", "quantity": "700"},
        {"supply": "S3", "date": "2025-03-06", "quantity": "500"},
    ),
    "demands": (
        {"demand": "D2", "name": "公园种植", "lon": "117.07", "lat": "36.81", "accepts": "topsoil", "quantity": "400",
         "unit": "t", "grade": "1", "to": "2025-03-08"},
        {"demand": "D3", "name": "道路基层", "lon": "117.01", "lat": "36.84", "accepts": "recycled_aggregate",
         "quantity": "900", "unit": "t"},
    ),
    "facilities": (
        {"facility": "Y2", "name": "候选转运场", "kind": "yard", "lon": "117.04", "lat": "36.86", "accepts": "*",
         "daily_in": "2000", "daily_out": "2000", "storage": "4000", "status": "candidate", "opening_cost": "200000",
         "lease": "30000", "restoration_cost": "50000"},
        {"facility": "P1", "name": "再生骨料厂", "kind": "recycling", "lon": "117.05", "lat": "36.84",
         "accepts": "concrete_rubble;mixed_rubble", "daily_in": "1000", "storage": "2500", "fee": "15"},
        {"facility": "F1", "name": "消纳场", "kind": "disposal", "lon": "117.10", "lat": "36.86", "accepts": "*",
         "storage": "50000", "fee": "30"},
        {"facility": "O1", "name": "区外处置", "kind": "offsite", "lon": "117.20", "lat": "36.70", "accepts": "*",
         "fee": "60"},
    ),
    "recipes": ({"facility": "P1", "input": "concrete_rubble", "output": "residue", "yield": "0.04", "daily_max": "800",
                 "cost": "20"},),
    "sizes": ({"facility": "Y2", "size": "small", "storage": "3000", "daily_in": "800", "daily_out": "800"},),
    "calendar": ({"facility": "Y1", "from": "2025-03-09", "to": "2025-03-09", "daily_in": "0", "daily_out": "0"},),
}  # fmt: skip
_LEFT_OUT = ("distances", "materials")  # the template measures by detour and needs no density of its own


def write_template(folder: Path) -> None:
    """Writes a small scenario that can be planned as it is, as a start for one's own.

    Raises:
        InputError: the folder is there and not empty, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError.single(str(folder), "is there already and not empty; name a new folder")
    try:
        with folder_written_whole(folder, owned=frozenset()) as scratch:
            write_whole(scratch / "scenario.toml", settings_text())
            for spec in TABLES.values():
                if spec.name not in _LEFT_OUT:
                    write_whole(scratch / f"{spec.name}.csv", table_text(spec))
    except OSError as error:
        raise InputError.single(str(folder), f"cannot be written: {error.strerror or error}") from None


def table_text(spec: TableSpec) -> str:
    """One CSV file of the template: every column of the schema, example rows."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [f.name for f in spec.fields], restval="", lineterminator="\n")
    writer.writeheader()
    first = {f.name: f.example for f in spec.fields}
    if all(first[f.name] for f in spec.fields if f.required):
        writer.writerow(first)
    writer.writerows(_MORE_ROWS.get(spec.name, ()))
    return out.getvalue()


def settings_text() -> str:
    """``scenario.toml`` of the template: every key with its meaning, the optional ones commented out."""
    lines = ["# Scenario of cutfill; tables stand in the CSV files beside it. 方案设置；数据表见同目录 CSV 文件。"]
    for section in SETTINGS:
        lines += ["", f"[{section.name}]", f"# {section.en} {section.zh}"] if section.name else [""]
        for field in section.fields:
            name = f"{section.name}.{field.name}".lstrip(".")
            remark = "; ".join(filter(None, (field.unit, _default(field))))
            lines.append(f"# {field.en} {field.zh}" + (f" ({remark})" if remark else ""))
            if name in _ACTIVE:
                lines.append(f"{field.name} = {_ACTIVE[name]}")
            else:
                lines.append(f"# {field.name} = {_EXAMPLES.get(name) or _toml(field)}")
    return "\n".join(lines) + "\n"


def _toml(field: Field) -> str:
    return f'"{field.default}"' if isinstance(field.default, str) else f"{field.default:g}"


def _default(field: Field) -> str:
    if field.default is None or field.default == "":
        return ""
    if isinstance(field.default, bool):
        return f"default {str(field.default).lower()}"
    return f"default {field.default if isinstance(field.default, str) else format(field.default, 'g')}"


_FORMS = """# Data dictionary · 数据字典

Generated from `optimizer/schema.py` by `python -m optimizer.template`; do not edit.
本页由程序生成，请勿手工修改。

A scenario is one of three things with the same names · 方案可为以下三种形式之一，名称相同:

- a folder of CSV files and one `scenario.toml`;
- one `.xlsx` with a sheet per table (header in its first row), and a sheet `scenario` whose rows are a key such as
  `objective.order` and its value (lists separated by `;`, further cells are remarks);
- one `.json`: `{"scenario": {"start": "2025-03-03", …, "roads": {…}}, "supplies": [{"supply": "S1", …}, …], …}`.

Every table is optional, as long as there is a supply, a demand or a stock.
各表均可省略，但至少要有一个产生点、需求点或库存。

Messages name `file:row: column`: the line of a CSV file as a text editor counts, the row of a sheet, the place of an
object in its JSON list counted from 1.

How cells are read · 单元格的读法:

- **Text files**: UTF-8 with or without BOM, UTF-16 and UTF-32 with BOM, else GBK (GB 18030; noted). Commas, or the
  tabs of Excel's Unicode text; `;` as separator is refused. Empty lines are skipped; a row may end early (Excel leaves
  trailing commas out), a row with more cells than the header is refused.
- **Blank** is never 0: it means what *default* says, else nothing is known.
- **Numbers**: `1234.5`, `1e3`, full-width digits, thousands commas in groups of three (`8,000`). A decimal comma,
  `NaN`, `inf`, a unit behind the number and anything beyond 10¹² are refused. `85%` is read where the unit is a share.
- **Dates**: `2025-03-03`, `2025/3/3`, `2025.3.3`, `2025年3月3日`, `20250303`, Excel dates and their serial numbers.
  `03/04/2025` is refused, because it has two meanings.
- **true / false**: also yes / no, 1 / 0, 是 / 否.
- **Lists** are separated by `;`, `；` or `、`. `*` in a facility's `accepts` means every known material.
- **Materials** are named by id or by their Chinese or English name. **Ids** match whatever their width; they are kept
  as first written.
- **Grades** `1`, `2`, `x`: only treatment plants and off-site places may take `x`.
"""


def data_dictionary() -> str:
    """The data dictionary page, in English and Chinese."""
    parts = [_FORMS, "\n## scenario.toml\n"]
    for section in SETTINGS:
        title = f"[{section.name}]" if section.name else "Top of the file"
        parts += [f"\n### {title}\n\n{section.en}\n{section.zh}\n\n", _field_table(section, "key")]
    for spec in TABLES.values():
        parts += [f"\n## {spec.name}.csv\n\n{spec.en}\n{spec.zh}\n\n", _field_table(spec, "column")]
    parts += ["\n## Material library · 材料库\n\n", _LIBRARY_NOTE, _material_table()]
    return "".join(parts)


_LIBRARY_NOTE = """Densities in t/m³; a blank state has no meaning for the material. [S] a published source, [K] trade
knowledge: a default to be overridden in `materials.csv`, field by field (a density given there changes only itself).
Household sludge 生活污泥, hazardous waste 危险废物 and the like are refused by name.

"""


def _field_table(spec: TableSpec, what: str) -> str:
    lines = [f"| {what} | type | unit | default | meaning | 含义 |", "|---|---|---|---|---|---|"]
    for field in spec.fields:
        kind = field.type if not field.choices else f"{field.type}: {', '.join(field.choices)}"
        default = "**required**" if field.required else _default(field).removeprefix("default ")
        lines.append(f"| `{field.name}` | {kind} | {field.unit} | {default} | {field.en} | {field.zh} |")
    return "\n".join(lines) + "\n"


def _material_table() -> str:
    lines = ["| material | 名称 | English | class | bank | loose | compacted | waste | source |", "|---" * 9 + "|"]
    for m in library():
        bank, loose, compacted = (
            "" if rho != rho else f"{rho:.3g}" for rho in (m.bank_t_m3, m.loose_t_m3, m.compacted_t_m3)
        )
        lines.append(f"| `{m.id}` | {m.name_zh} | {m.name_en} | {m.waste_class} | {bank} | {loose} | {compacted} | "
                     f"{'yes' if m.counts_as_waste else 'no'} | {m.source} |")  # fmt: skip
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write_whole(PAGE, data_dictionary())
