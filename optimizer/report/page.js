"use strict";
// Starts everything.

const byId = (id) => document.getElementById(id);
const flowMap = byId("map-canvas") ? new FlowMap(byId("map-canvas"), byId("map-filters"), byId("map-details"), byId("map-shown")) : null;
sankey(byId("sankey"), byId("sankey-filters"));
dayBars(byId("daybars"));
stockCurves(byId("stock-charts"), byId("stocks-legend"), byId("stocks-idle"));
for (const [id, fill] of [["reasons-table", reasonTable], ["prices-table", priceTable]]) {
  const state = {};
  if (byId(id)) drawn(() => fill(byId(id), state));
}
detailTabs(byId("detail-tabs"));

for (const moment of ["beforeprint", "afterprint"]) window.addEventListener(moment, () => flowMap && flowMap.fit());
