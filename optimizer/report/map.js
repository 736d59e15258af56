"use strict";
// The map: sites, and the tonnes on every piece of road (Leaflet on a canvas, no tiles).

const SHAPES = { supply: "circle", demand: "square", yard: "triangle", disposal: "down", recycling: "diamond", treatment: "diamond", offsite: "cross", quarry: "hexagon" };
const SITE_COLOURS = { supply: "#7a4f2a", demand: "#1f6b4a", yard: "#dba13a", disposal: "#9a7354", recycling: "#3f7fb5", treatment: "#7d6fb3", offsite: "#c2483c", quarry: "#6b767d" };
const WIDEST = DATA.on_roads ? 15 : 8;
const OPACITY = DATA.on_roads ? 1 : 0.62; // straight lines cross each other everywhere
const THINNEST = 1.6;

/** Traces a site's mark around (x, y). */
function trace(path, shape, x, y, r) {
  const polygon = (n, turn) => {
    for (let i = 0; i < n; i += 1) {
      const angle = turn + (2 * Math.PI * i) / n;
      path[i ? "lineTo" : "moveTo"](x + r * Math.cos(angle), y + r * Math.sin(angle));
    }
    path.closePath();
  };
  if (shape === "circle") path.arc(x, y, r * 0.92, 0, 2 * Math.PI);
  else if (shape === "square") path.rect(x - r * 0.84, y - r * 0.84, r * 1.68, r * 1.68);
  else if (shape === "triangle") polygon(3, -Math.PI / 2);
  else if (shape === "down") polygon(3, Math.PI / 2);
  else if (shape === "diamond") polygon(4, 0);
  else if (shape === "hexagon") polygon(6, 0);
  else {
    const a = r * 0.36;
    [[-a, -r], [a, -r], [a, -a], [r, -a], [r, a], [a, a], [a, r], [-a, r], [-a, a], [-r, a], [-r, -a], [-a, -a]]
      .forEach(([dx, dy], i) => path[i ? "lineTo" : "moveTo"](x + dx, y + dy));
    path.closePath();
  }
}

const SiteMark = L.CircleMarker.extend({
  _updatePath() {
    const renderer = this._renderer;
    if (!renderer._drawing || this._empty()) return;
    renderer._ctx.beginPath();
    trace(renderer._ctx, this.options.shape, this._point.x, this._point.y, this._radius);
    renderer._fillStroke(renderer._ctx, this);
  },
});

class FlowMap {
  constructor(canvas, filters, details, shown) {
    Object.assign(this, { canvas, filters, details, shown });
    this.state = { material: -1, day: -1, vias: new Set(USED_VIAS), site: -1, arc: -1 };
    this.arcs = DATA.arcs.map(decoded);
    const renderer = L.canvas({ tolerance: 5, padding: 0.4 });
    this.map = L.map(canvas, { renderer, zoomSnap: 0.25, zoomDelta: 0.5, attributionControl: false, scrollWheelZoom: false, minZoom: 5, maxZoom: 18 });
    this.map.on("focus click", () => this.map.scrollWheelZoom.enable()).on("blur mouseout", () => this.map.scrollWheelZoom.disable());
    this.bounds = L.latLngBounds(DATA.sites.filter((site) => site.at).map(latLng));
    for (const arc of this.arcs) arc.forEach((point) => this.bounds.extend(point));
    this.fit();
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(this.map);
    this.home = this.addHome();
    this.addAttribution();
    L.layerGroup(this.arcs.map((arc) => L.polyline(arc, { color: "#cfd5d1", weight: 1.4, interactive: false }))).addTo(this.map);
    this.roads = L.layerGroup().addTo(this.map);
    this.marks = L.layerGroup().addTo(this.map);
    this.labels = L.layerGroup().addTo(this.map);
    this.map.on("click", () => this.select({ site: -1, arc: -1 }));
    this.addStreets();
    drawn(() => this.draw());
  }

  fit() {
    this.map.invalidateSize(false);
    this.map.fitBounds(this.bounds, { padding: [24, 24], animate: false });
  }

  addHome() {
    const box = el("div", { class: "leaflet-bar" });
    const control = L.control({ position: "topleft" });
    control.onAdd = () => box;
    control.addTo(this.map);
    L.DomEvent.disableClickPropagation(box);
    return box;
  }

  addAttribution() {
    if (!DATA.attribution) return;
    const control = L.control({ position: "bottomright" });
    control.onAdd = () => el("div", { class: "leaflet-control-attribution" }, DATA.attribution);
    control.addTo(this.map);
  }

  /** Street names in the middle of their sites, for orientation. */
  addStreets() {
    const groups = new Map();
    for (const site of DATA.sites) {
      if (!site.at || !site.street || site.side === "facility") continue;
      const sum = groups.get(site.street) || [0, 0, 0];
      groups.set(site.street, [sum[0] + site.at[0], sum[1] + site.at[1], sum[2] + 1]);
    }
    if (groups.size > 12) return;
    for (const [street, [lon, lat, n]] of groups) {
      const icon = L.divIcon({ className: "", iconSize: null, html: el("div", { class: "street" }, street) });
      L.marker([lat / n, lon / n], { icon, interactive: false, keyboard: false }).addTo(this.map);
    }
  }

  select(change) {
    Object.assign(this.state, change);
    this.draw();
  }

  matching() {
    const { material, day, vias, site } = this.state;
    return FLOWS.filter((f) => (material < 0 || f.material === material) && (day < 0 || f.day === day) && vias.has(f.via) && (site < 0 || f.from === site || f.to === site));
  }

  draw() {
    const flows = this.matching();
    this.drawFilters();
    this.drawRoads(flows);
    this.drawSites(flows);
    this.drawDetails(flows);
    const sum = flows.reduce((t, f) => t + f.t, 0);
    this.shown.replaceChildren(flows.length ? tr("js.shown", { t: number(sum), n: number(new Set(flows.map((f) => f.lane)).size) }) : tr("js.nothing_shown"));
  }

  drawFilters() {
    const { state } = this;
    const step = (by, sign, key) => el("button", { type: "button", class: "step", "aria-label": tr(key), title: tr(key), onclick: () => this.select({ day: ((state.day + 1 + by + DATA.days.length + 1) % (DATA.days.length + 1)) - 1 }) }, sign);
    const days = [[-1, tr("js.all_days")], ...DATA.days.map((date, day) => [day, `${date} ${weekday(day)}`])];
    const toggle = (via) => () => {
      state.vias[state.vias.has(via) ? "delete" : "add"](via);
      this.draw();
    };
    const chip = (via) => el("button", { type: "button", "aria-pressed": String(state.vias.has(via)), onclick: toggle(via) }, dot(COLOURS[via]), tr(`via.${via}`));
    this.filters.replaceChildren(
      materialChooser(state.material, (material) => this.select({ material })),
      el("span", { style: "display:inline-flex;gap:4px" }, chooser(tr("js.day"), days, state.day, (day) => this.select({ day })), step(-1, "‹", "js.previous"), step(1, "›", "js.next")),
      el("span", { class: "chips", role: "group", "aria-label": tr("js.moves") }, USED_VIAS.map(chip)),
    );
    this.home.replaceChildren(
      el("button", { type: "button", title: tr("js.reset"), "aria-label": tr("js.reset"), onclick: () => (this.select({ site: -1, arc: -1 }), this.fit()) }, "⌂"),
    );
  }

  width(t) {
    return t > 0 ? THINNEST + (WIDEST * this.scale() - THINNEST) * Math.sqrt(t / this.most) : 0;
  }

  /** Marks and lines are smaller on a phone and on paper. */
  scale() {
    return Math.min(1, Math.max(0.6, this.canvas.clientWidth / 860));
  }

  /** Each piece of road as a bundle: the whole width in the last colour, then narrower and narrower. */
  drawRoads(flows) {
    const loads = new Map();
    for (const flow of flows) {
      for (const arc of DATA.lanes[flow.lane][3]) {
        if (!loads.has(arc)) loads.set(arc, new Map());
        const load = loads.get(arc);
        load.set(flow.via, (load.get(flow.via) || 0) + flow.t);
      }
    }
    const sums = new Map([...loads].map(([arc, load]) => [arc, [...load.values()].reduce((a, b) => a + b, 0)]));
    this.most = Math.max(1, ...sums.values());
    this.roads.clearLayers();
    for (const [arc, load] of [...loads].sort((a, b) => sums.get(a[0]) - sums.get(b[0]))) {
      const total = sums.get(arc);
      if (arc === this.state.arc) this.roads.addLayer(L.polyline(this.arcs[arc], { color: INK, weight: this.width(total) + 5, opacity: 0.85, interactive: false }));
      let left = total;
      for (const via of USED_VIAS.filter((name) => load.has(name)).reverse()) {
        const whole = left === total;
        const line = L.polyline(this.arcs[arc], { color: COLOURS[via], weight: (this.width(total) * left) / total, opacity: OPACITY, interactive: whole, lineCap: "round" });
        if (whole) line.on("click", (event) => (L.DomEvent.stop(event), this.select({ arc })));
        if (whole) line.bindTooltip(() => tip(tonnes(total), [...load].map(([v, t]) => [COLOURS[v], tr(`via.${v}`), tonnes(t)])), { sticky: true });
        this.roads.addLayer(line);
        left -= load.get(via);
      }
    }
  }

  drawSites(flows) {
    const sums = new Map();
    for (const flow of flows) for (const end of [flow.from, flow.to]) sums.set(end, (sums.get(end) || 0) + flow.t);
    const most = Math.max(1, ...sums.values());
    this.marks.clearLayers();
    this.labels.clearLayers();
    const order = DATA.sites.map((_, i) => i).filter((i) => DATA.sites[i].at).sort((a, b) => (sums.get(b) || 0) - (sums.get(a) || 0));
    for (const i of order) {
      const site = DATA.sites[i];
      const kind = kindOf(site);
      const t = sums.get(i) || 0;
      const chosen = i === this.state.site;
      const mark = new SiteMark(latLng(site), {
        shape: SHAPES[kind], radius: this.scale() * (t ? (site.side === "facility" ? 8 : 5) + 8 * Math.sqrt(t / most) : 3.5), color: chosen ? INK : "#fff", weight: chosen ? 3 : 1.4,
        fillColor: SITE_COLOURS[kind], fillOpacity: t ? 0.95 : 0.35,
      });
      mark.on("click", (event) => (L.DomEvent.stop(event), this.select({ site: chosen ? -1 : i, arc: -1 })));
      mark.bindTooltip(() => tip(site.name || site.id, [[SITE_COLOURS[kind], tr(`kind.${kind}`), tonnes(t)]]), { direction: "top" });
      this.marks.addLayer(mark);
    }
  }

  drawDetails(flows) {
    const { site, arc } = this.state;
    const close = el("button", { type: "button", class: "close", "aria-label": tr("js.close"), onclick: () => this.select({ site: -1, arc: -1 }) }, "×");
    if (arc >= 0) {
      const here = flows.filter((flow) => DATA.lanes[flow.lane][3].includes(arc));
      this.details.replaceChildren(close, el("h3", {}, tr("js.on_this_road")), el("p", { class: "soft" }, tonnes(here.reduce((t, f) => t + f.t, 0))), laneList(here), ...this.legend());
    } else if (site >= 0) {
      this.details.replaceChildren(close, ...siteDetails(site, flows), ...this.legend());
    } else this.details.replaceChildren(...this.legend());
  }

  legend() {
    const kinds = [...new Set(DATA.sites.filter((site) => site.at).map(kindOf))];
    const mark = (kind) => el("div", {}, shapeIcon(SHAPES[kind], SITE_COLOURS[kind]), tr(`kind.${kind}`));
    const scale = [1, 0.25, 0.05].map((share) => this.most * share).map(rounded);
    const sample = (t) => el("div", {}, el("i", { style: `width:34px;height:${this.width(t).toFixed(1)}px;background:#7c8883;border-radius:2px` }), tonnes(t));
    return [
      el("h4", {}, tr("js.legend")), el("div", { class: "key" }, kinds.map(mark)),
      el("h4", {}, tr("js.moves")), el("div", { class: "key" }, USED_VIAS.map((via) => el("div", {}, el("i", { style: `width:20px;height:5px;border-radius:3px;background:${COLOURS[via]}` }), tr(`via.${via}`)))),
      el("h4", {}, tr("js.width")), el("div", { class: "key" }, [...new Set(scale)].map(sample)),
    ];
  }
}

function decoded(numbers) {
  let [x, y] = numbers;
  const points = [[y * DATA.step, x * DATA.step]];
  for (let i = 2; i < numbers.length; i += 2) {
    x += numbers[i];
    y += numbers[i + 1];
    points.push([y * DATA.step, x * DATA.step]);
  }
  return points;
}

function latLng(site) {
  return [site.at[1], site.at[0]];
}

function shapeIcon(shape, colour) {
  const path = [];
  const pen = {
    moveTo: (x, y) => path.push(`M${x} ${y}`), lineTo: (x, y) => path.push(`L${x} ${y}`), closePath: () => path.push("Z"),
    arc: (x, y, r) => path.push(`M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`),
    rect: (x, y, w, h) => path.push(`M${x} ${y}h${w}v${h}h${-w}Z`),
  };
  trace(pen, shape, 9, 9, 7);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [name, value] of [["width", 18], ["height", 18]]) svg.setAttribute(name, value);
  line.setAttribute("d", path.join(""));
  line.setAttribute("fill", colour);
  svg.append(line);
  return svg;
}

function laneList(flows) {
  const lanes = new Map();
  for (const flow of flows) {
    const lane = lanes.get(flow.lane) || { flow, t: 0 };
    lane.t += flow.t;
    lanes.set(flow.lane, lane);
  }
  const sorted = [...lanes.values()].sort((a, b) => b.t - a.t);
  const label = (index) => DATA.sites[index].name || DATA.sites[index].id;
  const line = ({ flow, t }) => el("li", { style: "grid-template-columns:10px minmax(0,1fr) max-content" }, dot(COLOURS[flow.via]), el("span", {}, `${label(flow.from)} → ${label(flow.to)}`), el("b", {}, tonnes(t)));
  return el("ul", { class: "trips", style: "margin-top:8px" }, sorted.slice(0, 12).map(line), sorted.length > 12 ? el("li", {}, el("span"), tr("js.more", { n: sorted.length - 12 })) : null);
}

function siteDetails(index, flows) {
  const site = DATA.sites[index];
  const parts = [el("h3", {}, site.name || site.id), el("p", { class: "soft" }, [tr(`kind.${kindOf(site)}`), site.id, site.street].filter(Boolean).join(" · "))];
  const out = flows.filter((flow) => flow.from === index);
  const come = flows.filter((flow) => flow.to === index);
  for (const [key, list, partner] of [["js.sends", out, "to"], ["js.receives", come, "from"]]) {
    if (!list.length) continue;
    parts.push(el("h4", {}, `${tr(key)} ${tonnes(list.reduce((t, f) => t + f.t, 0))}`));
    const lanes = new Map();
    for (const flow of list) {
      const lane = lanes.get(flow[partner]) || { via: flow.via, t: 0, km: flow.km };
      lane.t += flow.t;
      lanes.set(flow[partner], lane);
    }
    const line = ([other, lane]) => el("li", { style: "grid-template-columns:10px minmax(0,1fr) max-content" }, dot(COLOURS[lane.via]),
      el("span", {}, DATA.sites[other].name || DATA.sites[other].id, el("span", { class: "soft" }, ` ${number(lane.km, 1)} km`)), el("b", {}, tonnes(lane.t)));
    parts.push(el("ul", { class: "trips" }, [...lanes].sort((a, b) => b[1].t - a[1].t).map(line)));
  }
  return parts;
}
