"use strict";
// Starts everything; language switch; paper.

function setLanguage(lang) {
  document.documentElement.lang = lang === "en" ? "en" : "zh-CN";
  try {
    localStorage.setItem("cutfill.language", lang);
  } catch (error) {
    // A private window keeps nothing; the switch still works.
  }
  redraws.forEach((draw) => draw());
}

function setPrinting(on) {
  if (printing === on) return;
  printing = on;
  document.body.classList.toggle("printing", on);
  redraws.forEach((draw) => draw());
  if (flowMap) flowMap.fit();
}

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

for (const button of document.querySelectorAll("[data-lang]")) button.addEventListener("click", () => setLanguage(button.dataset.lang));
byId("print").addEventListener("click", () => window.print());
window.addEventListener("hashchange", () => ["#zh", "#en"].includes(location.hash) && setLanguage(location.hash.slice(1)));
window.addEventListener("beforeprint", () => setPrinting(true));
window.addEventListener("afterprint", () => setPrinting(false));
