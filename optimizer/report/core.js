"use strict";
// Flows and materials of one plan, as the other scripts use them.

function materialName(index) {
  const material = DATA.materials[index];
  return material[language()] || material.id;
}

function materialColour(index) {
  return MATERIAL_COLOURS[MATERIALS_SEEN.indexOf(index) % MATERIAL_COLOURS.length];
}

/** Rows of the flow columns as objects, once. */
const FLOWS = DATA.flows.lane.map((lane, i) => ({
  lane,
  from: DATA.lanes[lane][0],
  to: DATA.lanes[lane][1],
  km: DATA.lanes[lane][2],
  day: DATA.flows.day[i],
  material: DATA.flows.material[i],
  grade: DATA.flows.grade[i],
  via: DATA.vias[DATA.flows.via[i]],
  t: DATA.flows.t[i],
  cost: DATA.flows.cost[i],
}));
const USED_VIAS = DATA.vias.filter((via) => FLOWS.some((flow) => flow.via === via));
const USED_MATERIALS = DATA.materials.map((_, i) => i).filter((i) => FLOWS.some((flow) => flow.material === i));

const MATERIALS_SEEN = [...new Set([...DATA.supplies.map((s) => s.material), ...DATA.flows.material, ...DATA.stocks.map((row) => row[1])])];

function materialChooser(value, change) {
  const options = [[-1, tr("js.all_materials")], ...USED_MATERIALS.map((i) => [i, materialName(i)])];
  return chooser(tr("js.material"), options, value, change);
}
