// The market on a map: roads as lines, marks as shapes, on one canvas; no tiles, nothing from another host.
const PAPER = "#eef0ea";
const INK = "#1c2a33";

/** Traces a mark around (x, y); the same shapes as the plan's report. */
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

function markClass() {
  return L.CircleMarker.extend({
    _updatePath() {
      const renderer = this._renderer;
      if (!renderer._drawing || this._empty()) return;
      renderer._ctx.beginPath();
      trace(renderer._ctx, this.options.shape, this._point.x, this._point.y, this._radius);
      renderer._fillStroke(renderer._ctx, this);
    },
  });
}

function decoded(numbers, step) {
  let x = 0, y = 0;
  const points = [];
  for (let i = 0; i < numbers.length; i += 2) {
    x += numbers[i];
    y += numbers[i + 1];
    points.push([y * step, x * step]);
  }
  return points;
}

const loaded = new Map();

/** A resource of this host, once. */
function once(url, load) {
  if (!loaded.has(url)) loaded.set(url, load(url));
  return loaded.get(url);
}

function script(url) {
  return new Promise((done, failed) => {
    const tag = Object.assign(document.createElement("script"), { src: url, onload: done, onerror: failed });
    document.head.append(tag);
  });
}

export default {
  template: `<div class="market-map" role="region" :aria-label="label"></div>`,
  props: { assets: String, roads: String, label: String, home: String, marks: Array, chosen: String, picking: Boolean, picked: Array },
  data: () => ({ ready: false }),
  async mounted() {
    const [lines] = await Promise.all([
      once(this.roads, (url) => fetch(url).then((answer) => answer.json())),
      once(`${this.assets}/leaflet.js`, script),
    ]);
    if (!this.$el.isConnected) return;
    this.draw(lines);
    this.ready = true;
  },
  beforeUnmount() {
    this.resizes?.disconnect();
    this.map?.remove();
  },
  watch: {
    marks() { this.drawMarks(); },
    chosen() { this.drawMarks(); this.show(); },
    picked() { this.drawPin(); },
    picking() { this.$el.classList.toggle("picking", this.picking); },
  },
  methods: {
    draw(lines) {
      this.Mark = markClass();
      const map = L.map(this.$el, {
        renderer: L.canvas({ tolerance: 9, padding: 0.4 }), zoomSnap: 0.25, zoomDelta: 0.5, zoomControl: false, attributionControl: false, minZoom: 6, maxZoom: 18,
        wheelPxPerZoomLevel: 110,
      });
      this.map = Vue.markRaw(map);
      const points = [];
      for (const [part, style] of [["minor", { color: "#d5dad5", weight: 1.1 }], ["major", { color: "#b9c2bd", weight: 2.4 }]]) {
        const part_lines = lines[part].map((numbers) => decoded(numbers, lines.step));
        points.push(...part_lines);
        if (part_lines.length) L.polyline(part_lines, { ...style, interactive: false, smoothFactor: 1.2 }).addTo(map);
      }
      this.layer = Vue.markRaw(L.layerGroup().addTo(map));
      this.pin = Vue.markRaw(L.layerGroup().addTo(map));
      L.control.zoom({ position: "topright" }).addTo(map);
      this.addHome();
      L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
      if (lines.attribution) L.control.attribution({ prefix: false }).addAttribution(L.Util.template("{a}", { a: this.escaped(lines.attribution) })).addTo(map);
      this.all = L.latLngBounds(points.flat());
      map.on("click", (event) => this.$emit(this.picking ? "place" : "mark", this.picking ? { lon: event.latlng.lng, lat: event.latlng.lat } : ""));
      this.fit();
      this.drawMarks();
      this.drawPin();
      map.on("dragend zoomend", () => {
        const bounds = map.getBounds();
        this.$emit("view", [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]);
      });
      this.$el.classList.toggle("picking", this.picking);
      this.resizes = new ResizeObserver(() => map.invalidateSize({ animate: false }));
      this.resizes.observe(this.$el);
    },
    escaped(text) {
      return Object.assign(document.createElement("i"), { textContent: text }).innerHTML;
    },
    addHome() {
      const control = L.control({ position: "topright" });
      control.onAdd = () => {
        const box = L.DomUtil.create("div", "leaflet-bar");
        const button = L.DomUtil.create("button", "", box);
        Object.assign(button, { type: "button", textContent: "⌂", title: this.home });
        button.setAttribute("aria-label", this.home);
        L.DomEvent.disableClickPropagation(box);
        button.addEventListener("click", () => this.fit());
        return box;
      };
      control.addTo(this.map);
    },
    fit() {
      const marks = (this.marks || []).map((mark) => [mark.lat, mark.lon]);
      const bounds = marks.length > 2 ? L.latLngBounds(marks) : this.all;
      if (bounds.isValid()) this.map.fitBounds(bounds, { padding: [28, 28], animate: false, maxZoom: 14 });
      else this.map.setView([35, 110], 6);
    },
    scale() {
      return Math.min(1, Math.max(0.7, this.$el.clientWidth / 900));
    },
    drawMarks() {
      if (!this.map) return;
      this.layer.clearLayers();
      const few = !this.drawnOnce;
      for (const mark of this.marks || []) {
        const chosen = mark.id === this.chosen;
        const layer = new this.Mark([mark.lat, mark.lon], {
          shape: mark.shape, radius: mark.r * this.scale() * (mark.hollow ? 0.86 : 1) + (chosen ? 3 : 0),
          color: chosen ? INK : mark.hollow ? mark.colour : "#fff", weight: chosen || mark.hollow ? 3 : 1.4,
          fillColor: mark.hollow ? "#fff" : mark.colour, fillOpacity: mark.faint ? 0.45 : 0.94,
        });
        layer.bindTooltip(() => this.escaped(mark.label), { direction: "top" });
        layer.on("click", (event) => {
          if (this.picking) return;
          L.DomEvent.stop(event);
          this.$emit("mark", mark.id);
        });
        this.layer.addLayer(layer);
      }
      if (few && (this.marks || []).length) {
        this.drawnOnce = true;
        this.fit();
      }
    },
    drawPin() {
      if (!this.map) return;
      this.pin.clearLayers();
      if (!this.picked) return;
      const at = [this.picked[1], this.picked[0]];
      this.pin.addLayer(L.circleMarker(at, { radius: 15, color: INK, weight: 2, fillColor: "#fff", fillOpacity: 0.55, interactive: false }));
      this.pin.addLayer(L.circleMarker(at, { radius: 5, color: INK, weight: 0, fillColor: "#b5392f", fillOpacity: 1, interactive: false }));
      if (!this.map.getBounds().pad(-0.08).contains(at)) this.map.setView(at, Math.max(this.map.getZoom(), 12), { animate: false });
    },
    show() {
      const mark = (this.marks || []).find((each) => each.id === this.chosen);
      if (mark && !this.map.getBounds().pad(-0.12).contains([mark.lat, mark.lon])) this.map.panTo([mark.lat, mark.lon], { animate: false });
    },
  },
};
