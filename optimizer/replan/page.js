"use strict";
// The language of the page, kept for the next one.

for (const button of document.querySelectorAll("[data-lang]")) {
  button.addEventListener("click", () => {
    document.documentElement.lang = button.dataset.lang === "en" ? "en" : "zh-CN";
    try { localStorage.setItem("cutfill.language", button.dataset.lang); } catch (e) { /* private window */ }
  });
}
