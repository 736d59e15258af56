"use strict";
// The dispatcher's page: Gantt by truck and by gate, trucks moving on the map, queues by hour.

const STATES = { empty: "#3f7fb5", loading: "#dba13a", laden: "#7a4f2a", waiting: "#c2483c", tipping: "#2c8a62", standing: "#b9c3c4", charging: "#8a5fb0" };
const SHOWN_STATES = Object.entries(STATES).filter(([state]) => state !== "charging" || DATA.trips.some((row) => row[14]) || DATA.trucks.some((truck) => truck.charge));
const ROW = 17;
const MINUTES = new Map(DATA.gates.map((gate) => [`${gate.site}/${gate.what}`, gate.minutes]));
const MOST_PROFILES = 12;
const TRIPS = DATA.trips.map(([day, truck, from, to, material, t, start, load, depart, arrive, tip, leave, emptyLine, ladenLine, charge]) =>
  ({ day, truck, from, to, material, t, start, load, depart, arrive, tip, leave, emptyLine, ladenLine, charge }));
const LINES = DATA.lines.map(decoded).map(measured);
const view = { day: 0, carrier: "", every: 0, minute: 0, playing: false };
const byId = (id) => document.getElementById(id);
const clock = (minute) => `${String(Math.floor(minute / 60) % 24).padStart(2, "0")}:${String(Math.floor(minute % 60)).padStart(2, "0")}`;
const placeName = (at) => DATA.sites[at].name || DATA.sites[at].id;

/** The way to a charger and the charge, if there is one; returns when the truck goes on. */
function byCharger(add, charge, start, trip) {
  if (!charge) return start;
  const [plug, unplug, line] = charge;
  add("empty", start, plug, trip, line);
  add("charging", plug, unplug, trip, -1);
  return unplug;
}

/** A truck's day as spells: [state, from, to, ticket, line]. */
function spells(truck) {
  const found = [];
  const add = (state, from, to, trip, line) => to > from && found.push({ state, from, to, trip, line });
  const own = TRIPS.filter((trip) => trip.day === truck.day && trip.truck === truck.name).sort((a, b) => a.start - b.start);
  own.forEach((trip, i) => {
    if (i) add("standing", own[i - 1].leave, trip.start, null, -1);
    const set = byCharger(add, trip.charge, trip.start, trip);
    add("empty", set, trip.load, trip, trip.emptyLine);
    const filled = Math.min(trip.depart, trip.load + MINUTES.get(`${trip.from}/load`));
    add("loading", trip.load, filled, trip, -1);
    add("standing", filled, trip.depart, trip, -1);
    add("laden", trip.depart, trip.arrive, trip, trip.ladenLine);
    add("waiting", trip.arrive, trip.tip, trip, -1);
    add("tipping", trip.tip, trip.leave, trip, -1);
  });
  if (own.length) add("standing", own[own.length - 1].leave, truck.times[1], null, -1);
  add("empty", byCharger(add, truck.charge, truck.times[1], null), truck.times[2], null, truck.home);
  own.forEach((trip, i) => { trip.seq = i + 1; });
  return found;
}
const TRUCKS = DATA.trucks.map((truck) => ({ ...truck, spells: spells(truck) }));
const ofDay = () => TRUCKS.filter((truck) => truck.day === view.day && (!view.carrier || truck.carrier === view.carrier));

function span(rows) {
  const from = Math.min(...rows.map((row) => row.from), 24 * 60);
  const to = Math.max(...rows.map((row) => row.to), 0);
  return from < to ? [Math.floor(from / 60) * 60, Math.ceil(to / 60) * 60] : [360, 1080];
}

/** Bars on rows; each of `bars` is {row, from, to, colour, tip}. */
function gantt(box, names, bars, shades) {
  const [low, high] = span(bars);
  box.style.height = `${names.length * ROW + 54}px`;
  const bar = (params, api) => {
    const a = api.coord([api.value(1), api.value(0)]);
    const b = api.coord([api.value(2), api.value(0)]);
    const h = Math.max(3, api.size([0, 1])[1] * (params.seriesIndex ? 0.72 : 1));
    const frame = params.coordSys;
    const x = Math.max(a[0], frame.x);
    const width = Math.min(b[0], frame.x + frame.width) - x;
    return width <= 0 ? null : { type: "rect", shape: { x, y: a[1] - h / 2, width: Math.max(width, 1), height: h }, style: { fill: api.visual("color") } };
  };
  const item = (row) => ({ value: [row.row, row.from, row.to], itemStyle: { color: row.colour }, tip: row.tip });
  chart(box, {
    grid: { left: 8, right: 16, top: 28, bottom: 22, containLabel: true },
    tooltip: { ...TOOLTIP, trigger: "item", formatter: (p) => (p.data.tip ? p.data.tip() : "") },
    xAxis: { type: "value", min: low, max: high, interval: high - low > 900 && box.clientWidth < 900 ? 120 : 60, position: "top", ...AXIS, axisLabel: { ...AXIS.axisLabel, formatter: clock } },
    yAxis: { type: "category", inverse: true, data: names, ...AXIS, axisLabel: { ...AXIS.axisLabel, interval: 0, fontSize: 10.5, width: 170, overflow: "truncate" } },
    series: [
      { type: "custom", renderItem: bar, silent: true, data: (shades || []).map(item), encode: { x: [1, 2], y: 0 } },
      { type: "custom", renderItem: bar, data: bars.map(item), encode: { x: [1, 2], y: 0 } },
    ],
  });
}

function materialOf(trip) {
  const pair = DATA.materials[trip.material];
  return pair[language() === "en" ? 0 : 1];
}

function tripTip(truck, spell) {
  const { trip } = spell;
  const lines = [[STATES[spell.state], tr(`d.${spell.state}`), `${clock(spell.from)}–${clock(spell.to)}`]];
  const charge = (trip || truck).charge;
  if (spell.state === "charging") lines.push([null, tr("d.charger", { place: charge[3] || tr("d.depot") }), tr("d.battery", { share: percent(charge[4]) })]);
  if (trip) lines.push([null, tr("d.ticket", { n: trip.seq }), `${DATA.sites[trip.from].id} → ${DATA.sites[trip.to].id}`], [null, materialOf(trip), tonnes(trip.t)]);
  return tip(truck.name, lines);
}

function dayChooser() {
  return chooser(tr("d.day"), DATA.days.map((date, day) => [day, `${date} ${weekday(day)}`]), view.day, (day) => {
    view.day = day;
    redraws.forEach((draw) => draw());
  });
}

function drawTrucks() {
  const carriers = [...new Set(TRUCKS.map((truck) => truck.carrier))];
  const options = [[-1, tr("d.all")], ...carriers.map((name, i) => [i, name])];
  byId("truck-filters").replaceChildren(dayChooser(), chooser(tr("d.carrier"), options, carriers.indexOf(view.carrier), (i) => {
    view.carrier = i < 0 ? "" : carriers[i];
    drawTrucks();
  }));
  byId("truck-legend").replaceChildren(...SHOWN_STATES.map(([state, colour]) => el("span", {}, dot(colour), tr(`d.${state}`))));
  const rows = ofDay();
  const bars = rows.flatMap((truck, row) => truck.spells.map((spell) => ({ row, from: spell.from, to: spell.to, colour: STATES[spell.state], tip: () => tripTip(truck, spell) })));
  gantt(byId("truck-gantt"), rows.map((truck) => truck.name), bars);
  drawTruckTable(rows);
}

function drawTruckTable(rows) {
  const figures = ["t", "km_loaded", "km_empty", "duty_h", "fuel_l", "co2_kg", "cost"];
  const head = ["truck", "carrier", "out", "home", "loads", ...figures];
  const link = (truck) => el("a", { href: `sheets/${DATA.days[truck.day]}.html#${encodeURIComponent(truck.name)}` }, truck.name);
  byId("truck-table").replaceChildren(
    el("thead", {}, el("tr", {}, head.map((name, i) => el("th", { class: i > 1 ? "n" : null }, tr(`d.${name}`))))),
    el("tbody", {}, rows.map((truck) => el("tr", {}, el("th", { scope: "row" }, link(truck)), el("td", {}, truck.carrier),
      [clock(truck.times[0]), clock(truck.times[2]), number(truck.trips), ...figures.map((name) => number(truck[name], name === "duty_h" ? 1 : 0))].map((text) => el("td", { class: "n" }, text))))),
  );
}

/** Visits of a gate dealt to its bays, first come first. */
function bays(gate) {
  const side = gate.what === "load" ? ["from", "load"] : ["to", "tip"];
  const visits = TRIPS.filter((trip) => trip.day === view.day && trip[side[0]] === gate.site).map((trip) => ({ trip, from: trip[side[1]], to: trip[side[1]] + gate.minutes })).sort((a, b) => a.from - b.from);
  const free = [];
  for (const visit of visits) {
    const bay = free.findIndex((at) => at <= visit.from);
    visit.bay = bay < 0 ? free.push(0) - 1 : bay;
    free[visit.bay] = visit.to;
  }
  return { visits, count: Math.max(free.length, gate.bays) };
}

function drawGates() {
  const options = [[0, tr("d.limited")], [1, tr("d.every")]];
  const limited = DATA.gates.some((gate) => gate.bays);
  byId("gate-filters").replaceChildren(dayChooser(), ...(limited ? [chooser(tr("d.place"), options, view.every, (every) => {
    view.every = every;
    drawGates();
  })] : []));
  const names = [];
  const bars = [];
  const shades = [];
  for (const gate of DATA.gates.filter((one) => one.bays || view.every || !limited)) {
    const { visits, count } = bays(gate);
    if (!visits.length) continue;
    const first = names.length;
    const label = `${DATA.sites[gate.site].id} ${tr(`d.${gate.what}`)}`;
    for (let bay = 0; bay < count; bay += 1) {
      names.push(count > 1 ? `${label} ${bay + 1}` : label);
      const open = gate.hours.slice().sort((a, b) => a[0] - b[0]);
      let from = -1440;
      for (const [opens, closes] of open) {
        shades.push({ row: first + bay, from, to: opens, colour: "#eceeec" });
        from = closes;
      }
      if (open.length) shades.push({ row: first + bay, from, to: 2880, colour: "#eceeec" });
    }
    for (const visit of visits) {
      const colour = STATES[gate.what === "load" ? "loading" : "tipping"];
      bars.push({ row: first + visit.bay, from: visit.from, to: visit.to, colour,
        tip: () => tip(`${label} · ${placeName(gate.site)}`, [[colour, visit.trip.truck, `${clock(visit.from)}–${clock(visit.to)}`], [null, materialOf(visit.trip), tonnes(visit.trip.t)]]) });
    }
  }
  gantt(byId("gate-gantt"), names, bars, shades);
}

/** Points with the share of the way at each, so that a truck can be put anywhere along it. */
function measured(points) {
  const scale = Math.cos((points[0][0] * Math.PI) / 180);
  const at = [0];
  for (let i = 1; i < points.length; i += 1) at.push(at[i - 1] + Math.hypot(points[i][0] - points[i - 1][0], (points[i][1] - points[i - 1][1]) * scale));
  return { points, at };
}

function along({ points, at }, share) {
  const goal = share * at[at.length - 1];
  let i = 1;
  while (i < at.length - 1 && at[i] < goal) i += 1;
  const part = at[i] > at[i - 1] ? (goal - at[i - 1]) / (at[i] - at[i - 1]) : 0;
  return [0, 1].map((axis) => points[i - 1][axis] + part * (points[i][axis] - points[i - 1][axis]));
}

/** Where a truck is at a minute: {state, at}, or null before and after its day. */
function whereabouts(truck, minute) {
  const spell = truck.spells.find((one) => one.from <= minute && minute < one.to);
  if (!spell) return null;
  if (spell.line >= 0) return { state: spell.state, at: along(LINES[spell.line], (minute - spell.from) / (spell.to - spell.from)), spell };
  const trip = spell.trip || truck.spells.filter((one) => one.trip && one.to <= spell.from).map((one) => one.trip).pop();
  if (!trip) return null;
  if (spell.state === "charging") {
    const at = (spell.trip || truck).charge[5];
    return at && { state: spell.state, at: [at[1], at[0]], spell };
  }
  const site = DATA.sites[spell.state === "loading" || spell.state === "empty" || (spell.trip && spell.state === "standing") ? trip.from : trip.to];
  return site.at ? { state: spell.state, at: latLng(site), spell } : null;
}

class MovingMap {
  constructor(box) {
    this.map = L.map(box, { renderer: L.canvas({ padding: 0.4 }), zoomSnap: 0.25, attributionControl: false, scrollWheelZoom: false, minZoom: 5, maxZoom: 18 });
    this.map.on("focus click", () => this.map.scrollWheelZoom.enable()).on("blur mouseout", () => this.map.scrollWheelZoom.disable());
    this.bounds = L.latLngBounds(DATA.sites.filter((site) => site.at).map(latLng));
    this.fit();
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(this.map);
    if (DATA.attribution) {
      const control = L.control({ position: "bottomright" });
      control.onAdd = () => el("div", { class: "leaflet-control-attribution" }, DATA.attribution);
      control.addTo(this.map);
    }
    const driven = new Set(TRIPS.map((trip) => trip.ladenLine));
    for (const line of driven) if (line >= 0) L.polyline(LINES[line].points, { color: "#d3d9d5", weight: 1.3, interactive: false }).addTo(this.map);
    this.roads = L.layerGroup().addTo(this.map);
    for (const site of DATA.sites.filter((one) => one.at)) {
      const mark = new SiteMark(latLng(site), { shape: SHAPES[site.kind], radius: 5.5, color: "#fff", weight: 1, fillColor: SITE_COLOURS[site.kind], fillOpacity: 0.55 });
      mark.bindTooltip(() => tip(site.name || site.id, [[SITE_COLOURS[site.kind], tr(`kind.${site.kind}`), site.id]]), { direction: "top" }).addTo(this.map);
    }
    this.dots = new Map();
    this.layer = L.layerGroup().addTo(this.map);
  }

  fit() {
    this.map.invalidateSize(false);
    if (this.bounds.isValid()) this.map.fitBounds(this.bounds, { padding: [20, 20], animate: false });
    else this.map.setView([0, 0], 5);
  }

  /** Roads of the hour: wider where more trips begin on them. */
  drawRoads(hour) {
    if (this.hour === `${view.day}/${hour}`) return;
    this.hour = `${view.day}/${hour}`;
    const count = new Map();
    for (const truck of TRUCKS.filter((one) => one.day === view.day)) {
      for (const spell of truck.spells) {
        if (spell.line < 0 || Math.floor(spell.from / 60) !== hour) continue;
        const key = `${spell.state}/${spell.line}`;
        count.set(key, (count.get(key) || 0) + 1);
      }
    }
    this.roads.clearLayers();
    for (const [key, trips] of count) {
      const [state, line] = key.split("/");
      this.roads.addLayer(L.polyline(LINES[line].points, { color: STATES[state], weight: 1.2 + 1.6 * Math.sqrt(trips), opacity: state === "laden" ? 0.4 : 0.25, interactive: false, dashArray: state === "empty" ? "4 5" : null }));
    }
  }

  draw(minute) {
    this.drawRoads(Math.floor(minute / 60));
    const seen = { laden: 0, empty: 0, served: 0, standing: 0 };
    for (const truck of TRUCKS) {
      const found = truck.day === view.day ? whereabouts(truck, minute) : null;
      const key = truck.name;
      if (truck.day !== view.day) continue;
      let mark = this.dots.get(key);
      if (!found) {
        if (mark) this.layer.removeLayer(mark);
        this.dots.delete(key);
        continue;
      }
      seen[{ laden: "laden", empty: "empty", standing: "standing", charging: "standing" }[found.state] || "served"] += 1;
      if (!mark) {
        mark = L.circleMarker(found.at, { radius: 4.6, color: "#fff", weight: 1.2, fillOpacity: 1 });
        mark.bindTooltip(() => (mark.now ? tripTip(mark.truck, mark.now) : ""), { direction: "top" });
        this.dots.set(key, mark);
        this.layer.addLayer(mark);
      }
      Object.assign(mark, { now: found.spell, truck });
      mark.setLatLng(found.at);
      if (mark.options.fillColor !== STATES[found.state]) mark.setStyle({ fillColor: STATES[found.state] });
    }
    byId("clock").textContent = clock(minute);
    byId("moving-count").textContent = tr("d.moving", seen);
  }

  clear() {
    this.layer.clearLayers();
    this.dots.clear();
  }
}

const located = DATA.sites.some((site) => site.at);
const moving = located ? new MovingMap(byId("moving")) : null;
if (!located) byId("map").hidden = true;

function drawMoving() {
  if (!moving) return;
  const [low, high] = span(TRUCKS.filter((truck) => truck.day === view.day).flatMap((truck) => truck.spells));
  const slider = byId("minute");
  Object.assign(slider, { min: low, max: high, step: 1 });
  if (view.minute < low || view.minute > high) view.minute = Math.min(high, low + 180);
  slider.value = view.minute;
  byId("play").textContent = tr(view.playing ? "d.pause" : "d.play");
  byId("moving-legend").replaceChildren(...SHOWN_STATES.map(([state, colour]) => el("span", {}, dot(colour), tr(`d.${state}`))), el("span", {}, tr("d.hour_roads")));
  moving.clear();
  moving.draw(view.minute);
}

let last = 0;
function tick(now) {
  if (!view.playing) return;
  const slider = byId("minute");
  view.minute += Math.min(now - last, 100) * 0.012; // twelve minutes a second
  last = now;
  if (view.minute >= Number(slider.max)) view.minute = Number(slider.min);
  slider.value = view.minute;
  moving.draw(view.minute);
  requestAnimationFrame(tick);
}
byId("play").addEventListener("click", () => {
  view.playing = !view.playing;
  last = performance.now();
  byId("play").textContent = tr(view.playing ? "d.pause" : "d.play");
  if (view.playing) requestAnimationFrame(tick);
});
byId("minute").addEventListener("input", (event) => {
  view.minute = Number(event.target.value);
  moving.draw(view.minute);
});

function drawProfiles() {
  const box = byId("profiles");
  box.replaceChildren();
  const limited = DATA.gates.filter((gate) => gate.bays);
  for (const gate of (limited.length ? limited : DATA.gates).slice(0, MOST_PROFILES)) {
    const { id } = DATA.sites[gate.site];
    const rows = DATA.profiles.filter((row) => row[0] === id && row[1] === gate.what);
    if (!rows.length) continue;
    const first = rows[0][2];
    const hours = Array.from({ length: rows[rows.length - 1][2] - first + 1 }, (_, i) => first + i);
    const at = (hour, column) => (rows.find((row) => row[2] === hour) || [])[column] ?? null;
    const plot = el("div", { class: "plot" });
    box.append(el("div", { class: "multiple" }, el("h3", {}, `${placeName(gate.site)} · ${tr(`d.${gate.what}`)}`), el("p", {}, `${id}${gate.bays ? ` · ${tr("d.bays", { n: gate.bays })}` : ""}`), plot));
    const line = (name, column, colour) => ({ name: tr(name), type: "line", yAxisIndex: 1, data: hours.map((hour) => at(hour, column)), symbolSize: 5, lineStyle: { color: colour, width: 2 }, itemStyle: { color: colour }, connectNulls: true });
    const queue = DATA.replications ? [line("d.queue_mean", 4, "#dba13a"), line("d.queue_p90", 5, "#c2483c")] : [];
    chart(plot, {
      grid: { left: 4, right: 4, top: 40, bottom: 4, containLabel: true },
      legend: { top: 2, left: 0, itemWidth: 10, itemHeight: 8, itemGap: 10, textStyle: { color: SOFT, fontSize: 11 } },
      tooltip: { ...TOOLTIP, trigger: "axis", formatter: (items) => tip(`${items[0].axisValue}`, items.map((one) => [one.color, one.seriesName, number(one.value, one.seriesType === "bar" ? 0 : 1)])) },
      xAxis: { type: "category", data: hours.map((hour) => clock(hour * 60)), ...AXIS },
      yAxis: [{ type: "value", minInterval: 1, ...AXIS }, { type: "value", min: 0, max: (range) => Math.max(10, Math.ceil(range.max / 10) * 10), ...AXIS, splitLine: { show: false }, show: Boolean(queue.length) }],
      series: [{ name: tr("d.trucks"), type: "bar", barMaxWidth: 22, itemStyle: { color: "#a9bfca", borderRadius: [2, 2, 0, 0] }, data: hours.map((hour) => at(hour, 3) || 0) }, ...queue],
    });
  }
}

drawn(drawTrucks);
drawn(drawGates);
drawn(drawMoving);
drawn(drawProfiles);

for (const moment of ["beforeprint", "afterprint"]) window.addEventListener(moment, () => moving && moving.fit());
