"use strict";
// Long tables: search, sort, pages. On paper the first rows are printed and the rest is pointed to.

const PAGE = 25;
const PRINTED = 25;

/**
 * A table in `box`. Columns: {title, value(row) for sorting and searching, find(row) for searching, cell(row) optional
 * DOM or text, number, class, screen: not on paper}.
 * Keeps its sort, search and page across redraws in `state`.
 */
function table(box, allColumns, rows, state) {
  const columns = printing ? allColumns.filter((column) => !column.screen) : allColumns;
  const needle = (state.search || "").toLowerCase();
  const text = (row) => columns.map((column) => (column.find || column.value)(row)).join(" ").toLowerCase();
  let shown = needle && !printing ? rows.filter((row) => text(row).includes(needle)) : rows.slice();
  if (state.sort !== undefined) {
    const { value } = allColumns[state.sort];
    shown.sort((a, b) => compare(value(a), value(b)) * (state.down ? -1 : 1));
  }
  const total = shown.length;
  const pages = Math.max(1, Math.ceil(total / PAGE));
  state.page = Math.min(state.page || 0, pages - 1);
  const from = printing ? 0 : state.page * PAGE;
  shown = shown.slice(from, from + (printing ? PRINTED : PAGE));
  const again = () => table(box, allColumns, rows, state);
  const body = el("tbody", {}, shown.map((row) => el("tr", {}, columns.map((column) => cellOf(column, row)))));
  const grid = el("table", {}, el("thead", {}, el("tr", {}, columns.map((c, i) => heading(c, i, state, again)))), body);
  const parts = [el("div", { class: "scroll" }, grid)];
  if (!total) parts.push(el("p", { class: "note" }, tr("js.no_rows")));
  if (printing && total > PRINTED) parts.push(el("p", { class: "note" }, tr("js.print_rest", { n: number(total - PRINTED) })));
  if (rows.length > 8 && !printing) parts.unshift(tools(box, state, again, { from, count: shown.length, total, pages }));
  box.classList.add("grid");
  box.replaceChildren(...parts);
}

function cellOf(column, row) {
  const content = column.cell ? column.cell(row) : column.value(row);
  const shown = column.number && typeof content === "number" ? number(content) : content;
  return el("td", { class: column.number ? "n" : column.class }, shown === null || shown === undefined ? "–" : shown);
}

function heading(column, index, state, again) {
  const sorted = state.sort !== index ? "none" : state.down ? "descending" : "ascending";
  const sort = () => {
    state.down = state.sort === index ? !state.down : Boolean(column.number);
    state.sort = index;
    state.page = 0;
    again();
  };
  const onkeydown = (event) => event.key === "Enter" && sort();
  return el("th", { class: column.number ? "n" : null, "aria-sort": sorted, tabindex: 0, onclick: sort, onkeydown }, column.title);
}

function tools(box, state, again, { from, count, total, pages }) {
  const search = el("input", { type: "search", placeholder: tr("js.search"), "aria-label": tr("js.search"), value: state.search || "" });
  search.addEventListener("input", () => {
    state.search = search.value;
    state.page = 0;
    again();
    const fresh = box.querySelector("input");
    fresh.focus();
    fresh.setSelectionRange(fresh.value.length, fresh.value.length);
  });
  const turn = (by, key, off) => el("button", { type: "button", onclick: () => ((state.page += by), again()), ...(off ? { disabled: "" } : {}) }, tr(key));
  const range = tr("js.rows", { a: number(total ? from + 1 : 0), b: number(from + count), n: number(total) });
  const pager = [turn(-1, "js.first_page", state.page === 0), turn(1, "js.next_page", state.page >= pages - 1)];
  return el("div", { class: "head" }, search, el("span", { class: "pager" }, range, pages > 1 ? pager : null));
}

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}

/** Where a place's tonnes go to or come from: one line per partner, largest first. */
function trips(flows, partner, open, toggle) {
  const groups = new Map();
  for (const flow of flows) {
    const key = `${flow[partner]}/${flow.via}`;
    if (!groups.has(key)) groups.set(key, { site: flow[partner], via: flow.via, t: 0, days: [] });
    const group = groups.get(key);
    group.t += flow.t;
    group.days.push(flow.day);
  }
  const sorted = [...groups.values()].sort((a, b) => b.t - a.t);
  const limit = open ? sorted.length : 3;
  const lines = sorted.slice(0, limit).map((g) =>
    el("li", {}, dot(COLOURS[g.via]), el("span", {}, DATA.sites[g.site].name || DATA.sites[g.site].id), el("b", {}, tonnes(g.t)), el("span", { class: "soft" }, dayRanges(g.days))));
  if (sorted.length > limit) lines.push(el("li", {}, el("span"), el("button", { type: "button", onclick: toggle }, tr("js.more", { n: sorted.length - limit }))));
  return lines.length ? el("ul", { class: "trips" }, lines) : "–";
}

function nameCell(site) {
  return el("span", {}, site.name || site.id, el("span", { class: "id" }, [site.id, site.street].filter(Boolean).join(" · ")));
}

function windowOf(row) {
  return dayRanges([row.first]) + (row.last > row.first ? `–${shortDay(row.last)}` : "");
}

const names = (row) => `${row.site.name} ${row.site.id} ${row.site.street}`;
const partners = (flows, key) => flows.map((flow) => DATA.sites[flow[key]].name).join(" ");

function supplyTable(box, state) {
  const rows = DATA.supplies.map((supply, i) => ({ ...supply, i, site: DATA.sites[i], flows: FLOWS_FROM.get(i) || [] }));
  const km = (row) => (row.moved > 0 ? row.flows.reduce((sum, f) => sum + f.t * f.km, 0) / row.moved : null);
  const toggle = (row) => () => (state.open.add(row.i), supplyTable(box, state));
  table(box, [
    { title: tr("col.name"), value: names, cell: (row) => nameCell(row.site), class: "name" },
    { title: tr("col.material"), value: (row) => materialName(row.material) },
    { title: tr("col.grade"), value: (row) => row.grade, screen: true },
    { title: tr("col.window"), value: (row) => row.first, cell: windowOf, class: "dates", screen: true },
    { title: tr("col.offered"), value: (row) => row.offered, number: true },
    { title: tr("col.moved"), value: (row) => row.moved, number: true, screen: true },
    { title: tr("col.unserved"), value: (row) => row.unserved, number: true },
    { title: tr("col.mean_km"), value: km, number: true },
    { title: tr("col.where"), value: (row) => row.flows.length, find: (row) => partners(row.flows, "to"), cell: (row) => trips(row.flows, "to", state.open.has(row.i), toggle(row)), class: "wide" },
  ], rows, state);
}

function demandTable(box, state) {
  const first = DATA.supplies.length;
  const rows = DATA.demands.map((demand, i) => ({ ...demand, i, site: DATA.sites[first + i], flows: FLOWS_TO.get(first + i) || [] }));
  const own = (value, row) => (value === null ? "–" : `${number(value)} ${row.unit}`);
  const filled = (row) => (row.quantity > 0 ? row.received / row.quantity : null);
  const meter = (row) => el("span", {}, percent(filled(row)), el("span", { class: "meter" }, el("i", { style: `width:${Math.min(100, 100 * (filled(row) || 0))}%` })));
  const toggle = (row) => () => (state.open.add(row.i), demandTable(box, state));
  table(box, [
    { title: tr("col.name"), value: names, cell: (row) => nameCell(row.site), class: "name" },
    { title: tr("col.material"), value: (row) => row.accepts.map(materialName).join("; ") },
    { title: tr("col.window"), value: (row) => row.first, cell: windowOf, class: "dates", screen: true },
    { title: tr("col.quantity"), value: (row) => row.quantity, cell: (row) => own(row.quantity, row), number: true },
    { title: tr("col.required"), value: (row) => row.required, cell: (row) => own(row.required, row), number: true, screen: true },
    { title: tr("col.received_t"), value: (row) => row.site.t_in, number: true },
    { title: tr("col.filled"), value: filled, cell: meter, number: true },
    { title: tr("col.unserved"), value: (row) => row.unserved, number: true },
    { title: tr("col.sources"), value: (row) => row.flows.length, find: (row) => partners(row.flows, "from"), cell: (row) => trips(row.flows, "from", state.open.has(row.i), toggle(row)), class: "wide" },
  ], rows, state);
}

function facilityTable(box, state) {
  const first = DATA.supplies.length + DATA.demands.length;
  const rows = DATA.facilities.map((facility, i) => ({ ...facility, site: DATA.sites[first + i], daily: dailyOf(first + i), stock: stockOf(first + i) }));
  const daily = DATA.days.length > 31 ? [] : DATA.days.map((_, day) => ({
    title: shortDay(day),
    value: (row) => row.daily.in[day] + row.daily.out[day],
    screen: true,
    cell: (row) => (row.daily.in[day] + row.daily.out[day] > 0 ? `${number(row.daily.in[day], 0)} / ${number(row.daily.out[day], 0)}` : "·"),
    number: true,
  }));
  const stocked = (row, value) => (row.stock.length ? value : null);
  table(box, [
    { title: tr("col.name"), value: names, cell: (row) => nameCell(row.site), class: "name" },
    { title: tr("col.kind"), value: (row) => tr(`kind.${row.site.kind}`) },
    { title: tr("col.total_in"), value: (row) => row.site.t_in, number: true },
    { title: tr("col.total_out"), value: (row) => row.site.t_out, number: true },
    { title: tr("col.peak"), value: (row) => stocked(row, Math.max(...row.stock)), number: true },
    { title: tr("col.end"), value: (row) => stocked(row, row.stock[row.stock.length - 1]), number: true },
    { title: tr("col.storage"), value: (row) => row.storage, number: true },
    ...daily,
  ], rows, state);
  if (!printing) box.append(el("p", { class: "note" }, daily.length ? `${tr("col.days")}: ${tr("js.in_out")}` : tr("js.days_hidden")));
}

function movementTable(box, state) {
  if (printing) {
    box.replaceChildren(el("p", { class: "note" }, tr("js.print_flows", { n: number(FLOWS.length) })));
    return;
  }
  const site = (key) => (row) => DATA.sites[row[key]].name || DATA.sites[row[key]].id;
  const via = (row) => el("span", { style: "white-space:nowrap" }, dot(COLOURS[row.via]), ` ${tr(`via.${row.via}`)}`);
  table(box, [
    { title: tr("col.date"), value: (row) => DATA.days[row.day], class: "dates" },
    { title: tr("col.from"), value: site("from"), class: "name" },
    { title: tr("col.to"), value: site("to"), class: "name" },
    { title: tr("col.material"), value: (row) => materialName(row.material) },
    { title: tr("col.grade"), value: (row) => row.grade },
    { title: tr("col.t"), value: (row) => row.t, number: true },
    { title: tr("col.km"), value: (row) => row.km, cell: (row) => number(row.km, 1), number: true },
    { title: tr("col.t_km"), value: (row) => row.t * row.km, number: true },
    { title: tr("col.cost"), value: (row) => row.cost, number: true },
    { title: tr("col.via"), value: (row) => tr(`via.${row.via}`), cell: via },
  ], FLOWS, state);
}

function reasonTable(box, state) {
  const zh = language() === "zh";
  const named = new Map(DATA.sites.map((site) => [site.id, site]));
  table(box, [
    { title: tr("col.what"), value: (row) => row.what, cell: (row) => el("span", { class: `tag ${row.what}` }, tr(`reasons.${row.what}`)) },
    { title: tr("col.name"), value: (row) => `${(named.get(row.id) || {}).name || ""} ${row.id}`, cell: (row) => nameCell(named.get(row.id) || { id: row.id, name: row.id }), class: "name" },
    { title: tr("col.t"), value: (row) => row.t, number: true },
    { title: tr("col.why"), value: (row) => (zh && row.why_zh) || row.why, class: "wide" },
    { title: tr("col.would_help"), value: (row) => (zh && row.would_help_zh) || row.would_help, class: "wide" },
  ], DATA.reasons, state);
}

function priceTable(box, state) {
  const named = new Map(DATA.sites.map((site) => [site.id, site]));
  const material = new Map(DATA.materials.map((m, i) => [m.id, i]));
  table(box, [
    { title: tr("col.name"), value: (row) => row.id, cell: (row) => nameCell(named.get(row.id) || { id: row.id, name: row.id }), class: "name" },
    { title: tr("col.side"), value: (row) => tr(`side.${row.side}`) },
    { title: tr("col.material"), value: (row) => (material.has(row.material) ? materialName(material.get(row.material)) : row.material) },
    { title: tr("col.days"), value: (row) => row.tight_days, number: true },
    { title: tr("col.date"), value: (row) => row.date, class: "dates" },
    ...DATA.price_goals.filter((goal) => DATA.prices.some((row) => Math.abs(row[goal.name]) > 0.005)).map((goal) => ({ title: `${tr(`goal.${goal.name}`)}, ${DATA.texts[`unit.${goal.unit}`] ? tr(`unit.${goal.unit}`) : goal.unit}/${tr("unit.t")}`, value: (row) => row[goal.name], number: true })),
  ], DATA.prices, state);
}

function dailyOf(site) {
  const sums = { in: DATA.days.map(() => 0), out: DATA.days.map(() => 0) };
  for (const flow of FLOWS_TO.get(site) || []) sums.in[flow.day] += flow.t;
  for (const flow of FLOWS_FROM.get(site) || []) sums.out[flow.day] += flow.t;
  return sums;
}

/** Total stock each night; empty when the facility keeps none. */
function stockOf(site) {
  const nights = DATA.days.map(() => 0);
  const rows = DATA.stocks.filter((row) => row[0] === site);
  for (const row of rows) nights[row[2]] += row[6];
  return rows.length ? nights : [];
}

function grouped(key) {
  const groups = new Map();
  for (const flow of FLOWS) {
    if (!groups.has(flow[key])) groups.set(flow[key], []);
    groups.get(flow[key]).push(flow);
  }
  return groups;
}

const FLOWS_FROM = grouped("from");
const FLOWS_TO = grouped("to");

/** Tabs on the screen, one under the other on paper. */
function detailTabs(box) {
  const tabs = [["js.supplies", supplyTable], ["js.demands", demandTable], ["js.facilities", facilityTable], ["js.movements", movementTable]];
  const states = tabs.map(() => ({ open: new Set() }));
  let current = 0;
  const draw = () => {
    if (printing) {
      box.replaceChildren(...tabs.flatMap(([key, fill], i) => {
        const part = el("div");
        fill(part, states[i]);
        return [el("h3", { style: "margin:18px 0 6px" }, tr(key)), part];
      }));
      return;
    }
    const part = el("div", { role: "tabpanel" });
    const button = ([key], i) => el("button", { type: "button", role: "tab", "aria-selected": String(i === current), onclick: () => ((current = i), draw()) }, tr(key));
    box.replaceChildren(el("div", { class: "tabs", role: "tablist" }, tabs.map(button)), part);
    tabs[current][1](part, states[current]);
  };
  drawn(draw);
}
