"use strict";
// For every page: the language switch and paper. What scripts have drawn is drawn anew.

const redraws = [];
let printing = false;

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
}

for (const button of document.querySelectorAll("[data-lang]")) button.addEventListener("click", () => setLanguage(button.dataset.lang));
document.getElementById("print").addEventListener("click", () => window.print());
window.addEventListener("hashchange", () => ["#zh", "#en"].includes(location.hash) && setLanguage(location.hash.slice(1)));
window.addEventListener("beforeprint", () => setPrinting(true));
window.addEventListener("afterprint", () => setPrinting(false));
