"use strict";
// Roads (or a grid) coloured by what a tonne of yard room beside them would save, the best places numbered.

const PLACES = DATA.places.map(([x, y]) => [y * DATA.step, x * DATA.step]);
const LINES = DATA.lines.map(decoded);
const NEAR = 24; // pixels
const perTonne = (value) => `${number(value, value >= 10 ? 1 : 2)} ${tr("heat.unit")}`;

function classOf(worth) {
  let at = 0;
  while (at + 1 < DATA.breaks.length && worth >= DATA.breaks[at + 1]) at += 1;
  return at;
}

/** Half the width and height of a cell of the grid, in degrees. */
function cell() {
  const lats = [...new Set(PLACES.map((place) => place[0]))].sort((a, b) => a - b);
  const lons = [...new Set(PLACES.map((place) => place[1]))].sort((a, b) => a - b);
  const half = (list) => (list.length > 1 ? (list[list.length - 1] - list[0]) / (list.length - 1) / 2 : 0.001);
  return [half(lats), half(lons)];
}

const map = L.map("heat", { renderer: L.canvas({ padding: 0.3 }), zoomSnap: 0.25, attributionControl: false, scrollWheelZoom: false, minZoom: 5, maxZoom: 18 });
map.on("focus click", () => map.scrollWheelZoom.enable()).on("blur mouseout", () => map.scrollWheelZoom.disable());
const bounds = L.latLngBounds(PLACES.length ? PLACES : DATA.sites.map(latLng));
map.fitBounds(bounds, { padding: [12, 12], animate: false });
L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
if (DATA.attribution) {
  const control = L.control({ position: "bottomright" });
  control.onAdd = () => el("div", { class: "leaflet-control-attribution" }, DATA.attribution);
  control.addTo(map);
}

/** One layer for each class, so that the dearest roads lie on top. */
function drawWorth() {
  const members = DATA.breaks.map(() => []);
  DATA.worth.forEach((worth, at) => members[classOf(worth)].push(at));
  const [tall, wide] = DATA.on_roads ? [0, 0] : cell();
  members.forEach((list, n) => {
    if (!list.length) return;
    const style = { color: DATA.colours[n], interactive: false };
    if (DATA.on_roads) L.polyline(list.map((at) => LINES[at]), { ...style, weight: 2.2 + 0.5 * n, opacity: 0.95 }).addTo(map);
    else L.polygon(list.map((at) => [[[-1, -1], [-1, 1], [1, 1], [1, -1]].map(([a, b]) => [PLACES[at][0] + a * tall, PLACES[at][1] + b * wide])]), { ...style, stroke: false, fillColor: DATA.colours[n], fillOpacity: 0.75 }).addTo(map);
  });
}

function drawSites() {
  for (const site of DATA.sites) {
    const facility = site.kind !== "supply" && site.kind !== "demand";
    const mark = new SiteMark(latLng(site), { shape: SHAPES[site.kind], radius: facility ? 6 : 3.2, color: "#fff", weight: 1, fillColor: facility ? "#23566e" : "#7b8a92", fillOpacity: 0.9 });
    mark.bindTooltip(() => tip(site.name || site.id, [[null, tr(`kind.${site.kind}`), site.id]]), { direction: "top" });
    mark.addTo(map);
  }
}

function drawBest() {
  DATA.best.forEach((at, n) => {
    const icon = L.divIcon({ className: "", iconSize: null, html: el("div", { class: "pin" }, String(n + 1)) });
    const pin = L.marker(PLACES[at], { icon, keyboard: false, zIndexOffset: 100 - n }).addTo(map);
    pin.bindTooltip(() => tip(tr("heat.best", { n: n + 1 }), [[null, tr("heat.worth"), perTonne(DATA.worth[at])]]), { direction: "top", offset: [0, -10] });
  });
}

/** The nearest place to the pointer tells its worth. */
function tellUnderPointer() {
  const tries = new Map(DATA.tried);
  const hint = L.tooltip({ direction: "top", offset: [0, -6] });
  map.on("mousemove", (event) => {
    const metres = (a) => map.distance(a, event.latlng);
    const box = map.getBounds();
    let [best, at] = [Infinity, -1];
    PLACES.forEach((place, i) => {
      if (!box.contains(place)) return;
      const d = metres(place);
      if (d < best) [best, at] = [d, i];
    });
    const apart = at < 0 ? Infinity : map.latLngToContainerPoint(PLACES[at]).distanceTo(event.containerPoint);
    if (apart > NEAR) {
      hint.remove();
      return;
    }
    const rows = [[DATA.colours[classOf(DATA.worth[at])], tr("heat.worth"), perTonne(DATA.worth[at])]];
    if (tries.has(at)) rows.push([null, tr("heat.tried"), perTonne(tries.get(at))]);
    hint.setLatLng(PLACES[at]).setContent(tip("", rows)).addTo(map);
  }).on("mouseout", () => hint.remove());
}

function drawScale() {
  const [breaks, last] = [DATA.breaks, DATA.breaks.length - 1];
  const label = (n) => (last === 0 ? tr("heat.nothing") : n === 0 ? tr("heat.under", { b: number(breaks[1]) }) : n === last ? tr("heat.over", { a: number(breaks[n]) }) : tr("heat.to", { a: number(breaks[n]), b: number(breaks[n + 1]) }));
  document.getElementById("scale").replaceChildren(...breaks.map((_, n) => el("li", {}, el("i", { style: `background:${DATA.colours[n]}` }), label(n))), el("li", {}, `${tr("heat.worth")}, ${tr("heat.unit")}`));
}

drawWorth();
drawSites();
drawBest();
tellUnderPointer();
drawn(drawScale);
