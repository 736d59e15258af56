"use strict";
// Two maps that move together, and one bar chart for each figure.

const MORE = "#c2483c";
const LESS = "#2f6fa8";
const SAME = "#8a949b";
const WIDEST_ROAD = 12;
const state = { chosen: DATA.cases.length > 1 ? 1 : 0 };
const caseName = (at) => (at ? DATA.cases[at].name[language() === "en" ? 0 : 1] : tr("case.base"));
const ARCS = DATA.arcs.map(decoded);
const LOADS = DATA.cases.map((one) => new Map(one.arcs));
const MOST_LOAD = Math.max(1, ...LOADS.flatMap((load) => [...load.values()]));

class CaseMap {
  constructor(box) {
    this.map = L.map(box, { renderer: L.canvas({ padding: 0.4 }), zoomSnap: 0.25, attributionControl: false, scrollWheelZoom: false, minZoom: 5, maxZoom: 18 });
    const bounds = L.latLngBounds(DATA.sites.filter((site) => site.at).map(latLng));
    ARCS.forEach((arc) => arc.forEach((point) => bounds.extend(point)));
    if (bounds.isValid()) this.map.fitBounds(bounds, { padding: [16, 16], animate: false });
    else this.map.setView([0, 0], 5);
    this.layer = L.layerGroup().addTo(this.map);
    if (!DATA.attribution) return;
    const control = L.control({ position: "bottomright" });
    control.onAdd = () => el("div", { class: "leaflet-control-attribution" }, DATA.attribution);
    control.addTo(this.map);
  }

  draw(at) {
    this.layer.clearLayers();
    const load = LOADS[at];
    const base = LOADS[0];
    for (const arc of new Set([...load.keys(), ...base.keys()])) {
      const t = load.get(arc) || 0;
      const change = t - (base.get(arc) || 0);
      const colour = Math.abs(change) < 0.5 ? SAME : change > 0 ? MORE : LESS;
      const line = L.polyline(ARCS[arc], { color: colour, weight: 1.2 + WIDEST_ROAD * Math.sqrt(t / MOST_LOAD), opacity: t ? 0.8 : 0.35 });
      line.bindTooltip(() => tip(tonnes(t), [[colour, tr(change > 0 ? "case.more" : "case.less"), tonnes(Math.abs(change))]]), { sticky: true });
      this.layer.addLayer(line);
    }
    const here = new Set(DATA.cases[at].places);
    for (const site of DATA.sites.filter((one) => one.at && here.has(one.id))) {
      const t = DATA.cases[at].through[site.id] || 0;
      const mark = new SiteMark(latLng(site), { shape: SHAPES[site.kind], radius: t ? 6 : 3.5, color: "#fff", weight: 1.2, fillColor: SITE_COLOURS[site.kind], fillOpacity: t ? 0.95 : 0.3 });
      mark.bindTooltip(() => tip(site.name || site.id, [[SITE_COLOURS[site.kind], tr(`kind.${site.kind}`), tonnes(t)]]), { direction: "top" });
      this.layer.addLayer(mark);
    }
  }
}

const [left, right] = ["left", "right"].map((id) => new CaseMap(document.getElementById(id)));
for (const [one, other] of [[left, right], [right, left]]) {
  one.map.on("move", () => {
    const same = other.map.getZoom() === one.map.getZoom() && other.map.getCenter().distanceTo(one.map.getCenter()) < 1;
    if (!same) other.map.setView(one.map.getCenter(), one.map.getZoom(), { animate: false });
  });
}

function drawMaps() {
  const options = DATA.cases.map((_, at) => [at, caseName(at)]).slice(1);
  document.getElementById("map-filters").replaceChildren(...(options.length ? [chooser("", options, state.chosen, (at) => {
    state.chosen = at;
    drawMaps();
  })] : []));
  document.getElementById("left-name").replaceChildren(caseName(0));
  document.getElementById("right-name").replaceChildren(caseName(state.chosen));
  document.getElementById("map-key").replaceChildren(...[[MORE, "case.more"], [LESS, "case.less"], [SAME, "case.same"]].flatMap(([colour, key]) => [dot(colour), ` ${tr(key)}   `]));
  left.draw(0);
  right.draw(state.chosen);
}

function drawCharts() {
  const box = document.getElementById("plots");
  box.replaceChildren();
  for (const figure of DATA.charted) {
    const values = DATA.cases.map((one) => one.figures[figure]);
    if (!values.some((value) => value > 0.005)) continue;
    const plot = el("div", { class: "plot" });
    box.append(el("div", {}, el("h3", {}, tr(`figure.${figure}`)), plot));
    chart(plot, {
      grid: { left: 8, right: 60, top: 6, bottom: 6, containLabel: true },
      tooltip: { ...TOOLTIP, trigger: "item", formatter: (item) => tip(item.name, [[item.color, tr(`figure.${figure}`), number(item.value)]]) },
      xAxis: { type: "value", ...AXIS, axisLabel: { show: false }, splitLine: { show: false } },
      yAxis: { type: "category", inverse: true, data: values.map((_, at) => caseName(at)), ...AXIS, axisLabel: { ...AXIS.axisLabel, width: 120, overflow: "truncate" } },
      series: [{ type: "bar", barMaxWidth: 18, label: { show: true, position: "right", color: SOFT, fontSize: 11, formatter: (item) => number(item.value, 0) },
        data: values.map((value, at) => ({ value, itemStyle: { color: at ? "#4f7f9c" : "#a9b4ba" } })) }],
    });
  }
}

/** Two goals against each other, corner by corner. */
function drawLine() {
  const [names, ...points] = DATA.line;
  const axis = (name, nameGap) => ({ type: "value", scale: true, name, nameLocation: "middle", nameGap, ...AXIS, axisLabel: { ...AXIS.axisLabel, formatter: (v) => number(v, 0) } });
  const label = (name) => (DATA.texts[`goal.${name}`] ? tr(`goal.${name}`) : name);
  chart(document.getElementById("line-plot"), {
    grid: { left: 70, right: 30, top: 20, bottom: 50, containLabel: true },
    tooltip: { ...TOOLTIP, trigger: "item", formatter: (item) => tip(`${item.dataIndex + 1}`, names.map((name, i) => [null, label(name), number(item.value[i])])) },
    xAxis: axis(label(names[0]), 32), yAxis: axis(label(names[1]), 64),
    series: [{ type: "line", data: points, symbolSize: 9, lineStyle: { color: "#23566e" }, itemStyle: { color: "#23566e" } }],
  });
}

if (DATA.line.length) {
  document.getElementById("line").hidden = false;
  drawn(drawLine);
}
drawn(drawMaps);
drawn(drawCharts);
