// Filters and sorting, for those who have scripts: without one the tables are whole.
"use strict";
const keyOf = (row, column) => {
  const cell = row.cells[column];
  return "v" in cell.dataset ? parseFloat(cell.dataset.v) : cell.textContent;
};
const compare = (a, b) => {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return a.localeCompare(b, "en");
};
for (const table of document.querySelectorAll("table.results")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => ({ row, key: keyOf(row, column) }));
      // What has no figure stays last, whichever way.
      const last = (key) => typeof key !== "number" && rows.some((one) => typeof one.key === "number");
      rows.sort((a, b) => (last(a.key) || last(b.key) ? compare(a.key, b.key) : compare(a.key, b.key) * (down ? -1 : 1)));
      body.append(...rows.map((entry) => entry.row));
    });
  });
}
const filters = document.querySelector(".filters");
if (filters) {
  const rows = [...document.querySelector("table.results").tBodies[0].rows];
  const told = rows.map((row) => ({
    row,
    work: row.cells[1].querySelector("b").textContent,
    kind: row.dataset.k,
    machine: row.dataset.m || row.cells[0].firstElementChild.textContent,
    text: row.textContent.toLowerCase(),
  }));
  const count = filters.querySelector("output");
  const chosen = () => Object.fromEntries([...filters.elements].filter((one) => one.name).map((one) => [one.name, one.value]));
  const apply = () => {
    const { work, kind, machine, text } = chosen();
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const one of told) {
      const fits = (!work || one.work === work) && (!kind || one.kind === kind) && (!machine || one.machine === machine)
        && words.every((word) => one.text.includes(word));
      one.row.hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows`;
  };
  for (const name of ["work", "kind", "machine"]) {
    const values = [...new Set(told.map((one) => one[name]))].sort((a, b) => a.localeCompare(b, "en"));
    filters.elements[name].append(...values.map((value) => new Option(value, value)));
  }
  filters.addEventListener("input", apply);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.hidden = false;
  apply();
}
