"use strict";
// Data, words, numbers and small DOM helpers that the other scripts share.

const DATA = JSON.parse(document.getElementById("data").textContent);
const COLOURS = {
  direct: "#2c8a62", yard: "#dba13a", recycling: "#3f7fb5", treatment: "#7d6fb3", disposal: "#9a7354", offsite: "#c2483c", quarry: "#8a949b",
};
const MATERIAL_COLOURS = ["#b98b4e", "#5f7f3f", "#5c8ca3", "#a3584c", "#8e7cab", "#d0b45a", "#4f9d8c", "#7a8790", "#c98268", "#3f6484", "#a8a04a", "#b06a93", "#6b5b4b", "#93b1a0", "#d69f9f", "#55708f"];

function language() {
  return document.documentElement.lang === "en" ? "en" : "zh";
}

/** The text of a key in the page's language, its braces filled. */
function tr(key, parts) {
  const pair = DATA.texts[key];
  if (!pair) return key.slice(key.indexOf(".") + 1);
  const text = pair[language() === "en" ? 0 : 1];
  return parts ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in parts ? parts[name] : whole)) : text;
}

function number(value, digits) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  if (digits === undefined) digits = size >= 100 || size < 0.005 || Number.isInteger(value) ? 0 : size >= 1 ? 1 : 2;
  return (size < 0.5 / 10 ** digits ? 0 : value).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function tonnes(value) {
  return `${number(value)} ${tr("js.tonnes")}`;
}

function percent(share, digits = 0) {
  return share === null || !Number.isFinite(share) ? "–" : `${number(100 * share, digits)}%`;
}

/** An element with attributes and children; strings become text, never markup. */
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") node.style.cssText = value;
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

function dot(colour) {
  return el("span", { class: "dot", style: `background:${colour}` });
}

function kindOf(site) {
  return site.kind || site.side;
}

function shortDay(day) {
  return DATA.days[day].slice(5);
}

function weekday(day) {
  const date = new Date(`${DATA.days[day]}T00:00:00Z`);
  return date.toLocaleDateString(language() === "en" ? "en-GB" : "zh-CN", { weekday: "short", timeZone: "UTC" });
}

/** Days as ranges: 03-03–03-05, 03-07. */
function dayRanges(days) {
  const sorted = [...new Set(days)].sort((a, b) => a - b);
  const runs = [];
  for (const day of sorted) {
    const run = runs[runs.length - 1];
    if (run && run[1] === day - 1) run[1] = day;
    else runs.push([day, day]);
  }
  return runs.map(([a, b]) => (a === b ? shortDay(a) : `${shortDay(a)}–${shortDay(b)}`)).join(", ");
}

/** A labelled select; options are [value, label]. */
function chooser(label, options, value, change) {
  const select = el("select", { onchange: (event) => change(Number(event.target.value)) });
  for (const [key, text] of options) select.append(el("option", { value: key }, text));
  select.value = String(value);
  return el("label", {}, label, select);
}

/** Draws now, and again when the language or the paper changes. */
function drawn(draw) {
  redraws.push(draw);
  draw();
}
