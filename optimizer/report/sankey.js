"use strict";
// Where the tonnes come from, what they pass through, where they end: a Sankey diagram that closes.

const PLANT = 2;
const LAYERS = { source: 0, yards: 1, recycling: PLANT, treatment: PLANT, yards_products: 3 }; // everything else ends at 4
const LAST = 4;
const NODE_COLOURS = {
  fill: "#2c8a62", yards: "#dba13a", yards_products: "#dba13a", recycling: "#3f7fb5", treatment: "#7d6fb3", disposal: "#9a7354", offsite: "#c2483c",
  quarry: "#8a949b", opening_stock: "#c9a869", end_stock: "#c9a869", loss: "#b9c3c4", again: "#3f7fb5", not_moved: "#7c1f17", stays: "#c3cacb",
};

/** Tonnes per (from node, to node), closed by stocks, losses and what does not move. */
class Streams {
  constructor(material, byStreet) {
    this.material = material;
    this.byStreet = byStreet;
    this.links = new Map();
    for (const flow of FLOWS) if (this.wants(flow.material)) this.addFlow(flow);
    this.addStocks();
    this.addUnmoved();
    if (material < 0) this.addLosses();
  }

  wants(material) {
    return this.material < 0 || material === this.material;
  }

  add(from, to, t) {
    const key = `${from}→${to}`;
    const link = this.links.get(key) || { from, to, t: 0 };
    link.t += t;
    this.links.set(key, link);
  }

  place(index, material, fromPlant) {
    const site = DATA.sites[index];
    const kind = kindOf(site);
    if (kind === "supply") return this.source(site, material);
    if (kind === "demand") return "fill";
    if (kind === "yard") return fromPlant || DATA.materials[material].product ? "yards_products" : "yards";
    return kind;
  }

  source(site, material) {
    return this.byStreet ? `street:${site.street}` : `material:${material}`;
  }

  addFlow(flow) {
    const from = this.place(flow.from, flow.material);
    const to = this.place(flow.to, flow.material, layer(from) === PLANT);
    this.add(from, layer(to) > layer(from) ? to : "again", flow.t);
  }

  addStocks() {
    const last = DATA.days.length - 1;
    for (const [site, material, day, start, , , end] of DATA.stocks) {
      if (!this.wants(material) || DATA.sites[site].kind === "disposal") continue;
      const node = this.place(site, material);
      if (day === 0 && start > 0.005) this.add("opening_stock", node, start);
      if (day === last && end > 0.005) this.add(node, "end_stock", end);
    }
  }

  addUnmoved() {
    DATA.supplies.forEach((supply, i) => {
      if (!this.wants(supply.material)) return;
      const source = this.source(DATA.sites[i], supply.material);
      const stays = supply.offered - supply.moved - supply.unserved;
      if (supply.unserved > 0.05) this.add(source, "not_moved", supply.unserved);
      if (stays > 0.05) this.add(source, "stays", stays);
    });
  }

  addLosses() {
    for (const plant of ["recycling", "treatment"]) {
      let left = 0;
      for (const link of this.links.values()) left += (link.to === plant ? link.t : 0) - (link.from === plant ? link.t : 0);
      if (left > 0.5) this.add(plant, "loss", left);
    }
  }
}

function layer(node) {
  if (node.includes(":") || node === "quarry" || node === "opening_stock") return 0;
  return LAYERS[node] === undefined ? LAST : LAYERS[node];
}

function nodeName(node) {
  if (node.startsWith("material:")) return materialName(Number(node.slice(9)));
  if (node.startsWith("street:")) return node.slice(7) || tr("js.no_street");
  return tr(`js.${node}`);
}

function nodeColour(node, streets) {
  if (node.startsWith("material:")) return materialColour(Number(node.slice(9)));
  if (node.startsWith("street:")) return MATERIAL_COLOURS[streets.indexOf(node) % MATERIAL_COLOURS.length];
  return NODE_COLOURS[node];
}

/** A link is coloured by what the move is: the facility it goes to, or comes from, or direct. */
function linkColour(link) {
  if (link.to !== "fill") return NODE_COLOURS[link.to] || SOFT;
  return link.from.includes(":") ? COLOURS.direct : NODE_COLOURS[link.from];
}

function sankeyOption(links) {
  const keys = nodesOf(links);
  const layers = [...new Set(keys.map(layer))].sort((a, b) => a - b);
  const streets = keys.filter((key) => key.startsWith("street:"));
  const sums = new Map(keys.map((key) => [key, Math.max(total(links, "from", key), total(links, "to", key))]));
  const oneLine = printing || tallest(keys) > 8;
  const narrow = document.getElementById("sankey").clientWidth < 760;
  return {
    tooltip: {
      ...TOOLTIP,
      formatter: ({ dataType, data }) => dataType === "edge"
        ? tip(`${nodeName(data.source)} → ${nodeName(data.target)}`, [[data.lineStyle.color, tr("js.tonnes"), number(data.value)]])
        : tip(nodeName(data.name), [[data.itemStyle.color, tr("js.tonnes"), number(sums.get(data.name))]]),
    },
    series: [{
      type: "sankey", left: 8, top: 8, bottom: 8, right: narrow ? 160 : 200, nodeWidth: 12, nodeGap: printing ? 9 : oneLine ? 16 : 22, draggable: false, layoutIterations: 64,
      emphasis: { focus: "adjacency" },
      label: {
        fontSize: narrow ? 11 : 12.5, color: INK, distance: 7,
        formatter: ({ name }) => `${nodeName(name)}${oneLine ? "  " : "\n"}{t|${tonnes(sums.get(name))}}`,
        rich: { t: { color: SOFT, fontSize: narrow ? 10.5 : 11.5, padding: oneLine ? 0 : [2, 0, 0, 0] } },
        textBorderColor: "rgba(255,255,255,.85)", textBorderWidth: 3,
      },
      lineStyle: { opacity: 0.42, curveness: 0.5 },
      data: keys.map((key) => ({ name: key, depth: layers.indexOf(layer(key)), itemStyle: { color: nodeColour(key, streets), borderWidth: 0 } })),
      links: links.map((link) => ({ source: link.from, target: link.to, value: link.t, lineStyle: { color: linkColour(link) } })),
    }],
  };
}

function nodesOf(links) {
  return [...new Set(links.flatMap((link) => [link.from, link.to]))];
}

/** How many nodes stand above each other in the fullest layer. */
function tallest(keys) {
  const counts = Array(LAST + 1).fill(0);
  for (const key of keys) counts[layer(key)] += 1;
  return Math.max(...counts);
}

function total(links, end, key) {
  return links.reduce((sum, link) => sum + (link[end] === key ? link.t : 0), 0);
}

function sankey(box, filters) {
  const state = { material: -1, byStreet: 0 };
  const draw = () => {
    const links = [...new Streams(state.material, state.byStreet === 1).links.values()];
    const set = (key) => (value) => ((state[key] = value), draw());
    const streets = DATA.sites.some((site) => site.side === "supply" && site.street);
    filters.replaceChildren(
      materialChooser(state.material, set("material")),
      ...(streets ? [chooser(tr("js.group"), [[0, tr("js.by_material")], [1, tr("js.by_street")]], state.byStreet, set("byStreet"))] : []),
    );
    box.style.height = `${printing ? 310 : Math.min(1200, Math.max(440, 34 * tallest(nodesOf(links)) + 120))}px`;
    chart(box, links.length ? sankeyOption(links) : { title: { text: tr("js.no_rows"), left: "center", top: "middle", textStyle: { color: SOFT, fontSize: 14, fontWeight: 400 } } });
  };
  drawn(draw);
}
