"use strict";
// Sorting: a button in each heading; numbers stand in data-v, what has none comes last.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const given = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = head.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      const first = head.dataset.first || "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const now = head.getAttribute("aria-sort");
      const next = now === first ? other : now === other ? "none" : first;
      heads.forEach((one) => one.hasAttribute("aria-sort") && one.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", next);
      const sign = next === "descending" ? -1 : 1;
      const rows = given.slice();
      if (next !== "none") {
        rows.sort((a, b) => sorted(a.cells[column], b.cells[column], sign));
      }
      body.append(...rows);
    });
  });
}
function sorted(a, b, sign) {
  if (a.tagName === "TH") return sign * a.textContent.localeCompare(b.textContent);
  const x = a.dataset.v, y = b.dataset.v;
  if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
  return sign * (x - y);
}

// Legends: of a picture with many marks, those whose names are pressed stay strong.
for (const figure of document.querySelectorAll("figure")) {
  const buttons = [...figure.querySelectorAll(".legend button")];
  const pressed = (one) => one.getAttribute("aria-pressed") === "true";
  buttons.forEach((button) => button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(!pressed(button)));
    const strong = new Set(buttons.filter(pressed).map((one) => one.dataset.k));
    for (const part of figure.querySelectorAll(":scope > svg [data-k]")) {
      part.classList.toggle("off", strong.size > 0 && !strong.has(part.dataset.k));
    }
  }));
}
const all = document.getElementById("all");
if (all) {
  all.hidden = false;
  all.addEventListener("click", () => {
    document.querySelectorAll("details.sample").forEach((one) => { one.open = true; });
  });
}

// Tokens: each row is one stop of the Tab key, arrows go from token to token.
const tip = document.getElementById("tip");
const KINDS = {
  b: "part of a character, its bytes",
  u: "the unknown token stands for this",
  l: "lost: no token stands for this",
};
for (const row of document.querySelectorAll(".tokens[role=group]")) {
  const tokens = [...row.querySelectorAll("bdi")];
  const ids = row.dataset.ids.split(" ");
  tokens.forEach((one, place) => {
    one.tabIndex = place ? -1 : 0;
    if (ids[place] !== "-") one.dataset.i = ids[place];
  });
  row.addEventListener("keydown", (event) => {
    const place = tokens.indexOf(document.activeElement);
    const back = getComputedStyle(row).direction === "rtl" ? -1 : 1;
    const step = { ArrowRight: back, ArrowLeft: -back, Home: -tokens.length, End: tokens.length }[event.key];
    if (event.key === "Escape") tip.hidden = true;
    if (place < 0 || step === undefined) return;
    event.preventDefault();
    tokens[Math.max(0, Math.min(tokens.length - 1, place + step))].focus();
  });
  row.addEventListener("mouseover", (event) => show(event.target.closest("bdi")));
  row.addEventListener("focusin", (event) => {
    tokens.forEach((one) => { one.tabIndex = one === event.target ? 0 : -1; });
    show(event.target.closest("bdi"));
  });
  row.addEventListener("mouseout", () => { tip.hidden = true; });
  row.addEventListener("focusout", () => { tip.hidden = true; });
}
addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
function show(token) {
  if (!token) return;
  const said = [];
  if (token.dataset.i !== undefined) said.push("id " + token.dataset.i);
  if (token.className) said.push(KINDS[token.className]);
  else said.push(token.dataset.n ? token.dataset.n + " characters" : [...token.textContent].length === 1 ? "1 character" : "“" + token.textContent + "”");
  tip.textContent = said.join(" · ");
  tip.hidden = false;
  const box = token.getClientRects()[0], own = tip.getBoundingClientRect();
  const room = document.documentElement.clientWidth;
  const left = Math.max(4, Math.min(box.left, room - own.width - 4));
  const above = box.top - own.height - 6;
  tip.style.left = left + "px";
  tip.style.top = (above < 0 ? box.bottom + 6 : above) + "px";
}
