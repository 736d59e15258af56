"use strict";
// Where the candidates are and what passes through those that open, and what was spent by when.

const GREEN = "#2c7a57";
const INTO = "#23566e";
const OUT_OF = "#d9a23c";
const IDLE = "#9aa5ab";

function drawMap() {
  document.getElementById("map-part").hidden = false;
  const map = L.map("site-map", { renderer: L.canvas({ padding: 0.3 }), zoomSnap: 0.25, attributionControl: false, scrollWheelZoom: false, minZoom: 5, maxZoom: 18 });
  map.on("focus click", () => map.scrollWheelZoom.enable()).on("blur mouseout", () => map.scrollWheelZoom.disable());
  map.fitBounds(L.latLngBounds(DATA.sites.map(latLng)), { padding: [28, 28], animate: false });
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
  if (DATA.attribution) {
    const control = L.control({ position: "bottomright" });
    control.onAdd = () => el("div", { class: "leaflet-control-attribution" }, DATA.attribution);
    control.addTo(map);
  }
  const most = Math.max(1, ...DATA.lines.map((line) => line[1]));
  for (const [points, t, into] of DATA.lines) {
    const line = L.polyline(decoded(points), { color: into ? INTO : OUT_OF, weight: 1.6 + 8 * Math.sqrt(t / most), opacity: 0.7 });
    line.bindTooltip(() => tip(tr(into ? "site.into" : "site.outof"), [[into ? INTO : OUT_OF, "", tonnes(t)]]), { sticky: true });
    line.addTo(map);
  }
  for (const site of [...DATA.sites].sort((a, b) => a.candidate - b.candidate)) {
    const style = site.open ? { radius: 11, fillColor: GREEN, weight: 2.5 } : site.candidate ? { radius: 9, fillColor: "#fff", color: GREEN, weight: 2.5 } : { radius: 4.5, fillColor: IDLE, weight: 1 };
    const mark = new SiteMark(latLng(site), { shape: SHAPES[site.kind], color: "#fff", fillOpacity: 0.95, ...style });
    mark.bindTooltip(() => tip(site.name || site.id, [[null, tr(`kind.${site.kind}`), tonnes(site.t)]]), { direction: "top" });
    mark.addTo(map);
  }
  drawn(() => {
    const key = [[GREEN, "site.opens"], [null, "site.stays"], [INTO, "site.into"], [OUT_OF, "site.outof"], [IDLE, "site.other"]];
    document.getElementById("site-key").replaceChildren(...key.map(([colour, name]) => el("span", {}, el("span", { class: "dot", style: colour ? `background:${colour}` : `border:2px solid ${GREEN}` }), tr(name))));
  });
}

/** The first day from which on what opens has saved more than it has cost; null where it is ahead from the first. */
function paidBack(saved) {
  let day = saved.length;
  while (day > 0 && saved[day - 1] >= 0) day -= 1;
  return day < saved.length && day > 0 ? DATA.days[day] : null;
}

function drawSaved() {
  chart(document.getElementById("curve"), {
    grid: { left: 12, right: 44, top: 20, bottom: 8, containLabel: true },
    tooltip: { ...TOOLTIP, trigger: "axis", formatter: ([item]) => tip(DATA.days[item.dataIndex], [[GREEN, tr("site.saved"), number(item.value, 0)]]) },
    xAxis: { type: "category", data: DATA.days, ...AXIS, boundaryGap: false, splitLine: { show: false }, axisLine: { ...AXIS.axisLine, onZero: false } },
    yAxis: { type: "value", ...AXIS, axisLine: { show: false }, axisLabel: { ...AXIS.axisLabel, formatter: (v) => number(v, 0) } },
    series: [{ type: "line", data: DATA.saved, symbol: "none", lineStyle: { width: 2.5, color: GREEN }, itemStyle: { color: GREEN }, areaStyle: { color: GREEN, opacity: 0.12 },
      markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: "#8a949b", type: "solid" }, data: [{ yAxis: 0 }] } }],
  });
  const date = paidBack(DATA.saved);
  document.getElementById("curve-note").replaceChildren(date ? tr("site.back", { date }) : "");
}

if (DATA.sites.length) drawMap();
if (DATA.days.length > 1) {
  document.getElementById("curve-part").hidden = false;
  drawn(drawSaved);
}
