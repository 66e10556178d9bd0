// For those who have scripts: tables that can be sorted, rows that can be picked out, and another device to compare with.
"use strict";
// What a cell is sorted by: a figure by its size, a day by its digits (2013, 2013-01), any other text as text.
const sizes = { p: 1e-12, n: 1e-9, µ: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 };
const keyOfText = (text) => {
  const day = text.match(/^(\d{4})(?:-(\d\d))?(?:-(\d\d))?$/);
  if (day) return Number(day[1] + (day[2] || "00") + (day[3] || "00"));
  const found = text.match(/^(?:about |below |× )?([\d,]+(?:\.\d+)?)(?: (?:([pnµmkMGTPE])(?=[A-Za-z]+\/|[JW]$|Hz$|\s|$))?|$)/);
  return found ? parseFloat(found[1].replace(/,/g, "")) * (sizes[found[2]] || 1) : text;
};

for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  const keyOf = (row, column) => {
    const cell = row.cells[column];
    if (cell.className === "rate" && row.dataset.value) return Number(row.dataset.value);
    const text = (cell.querySelector(".first") || cell).textContent.trim();
    // A name that begins with a number is none.
    return cell.tagName === "TH" ? text : keyOfText(text);
  };
  const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true }));
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.textContent = "";
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      // Each kind of work by itself: its heading stays above its rows, what is left out below them.
      for (const body of table.tBodies) {
        const rows = [...body.rows].filter((row) => row.cells.length === heads.length);
        const keyed = rows.map((row) => ({ row, key: keyOf(row, column) }));
        keyed.sort((a, b) => {
          // What has no figure stays last, whichever way.
          if (typeof a.key !== typeof b.key) return typeof a.key === "number" ? -1 : 1;
          return down ? compare(b.key, a.key) : compare(a.key, b.key);
        });
        body.append(...keyed.map((entry) => entry.row), ...body.querySelectorAll(":scope > .left"));
      }
    });
  });
}

const tools = document.querySelector(".tools");
if (tools) {
  const [picker, filter, told] = ["select", "input", "output"].map((name) => tools.querySelector(name));
  const rows = [...document.querySelectorAll("table.devices tr[data-value]")];
  const figures = (row) => ["value", "low", "high"].map((name) => Number(row.dataset[name]));

  // Three digits, as the words of the page have them: what lies right between two goes to the even one.
  const digits = (value) => {
    const [told, power] = value.toExponential(50).split("e");
    const halfway = /^\d\.\d[02468]50*$/.test(told);
    const rounded = halfway ? Number(`${told.slice(0, 4)}e${power}`) : Number(value.toPrecision(3));
    if (rounded >= 1 && rounded < 100) return rounded.toPrecision(3);
    return rounded.toLocaleString("en", { maximumSignificantDigits: 3 });
  };
  const ratio = (row, base) => {
    if (!base || "apart" in row.dataset || "apart" in base.dataset) return base ? ["not ranked"] : ["–", "not measured there"];
    if (row === base) return ["1 ×"];
    const [[value, low, high], [to, least, most]] = [figures(row), figures(base)];
    const words = `${digits(value / to)} ×`;
    if (!(low && high && least && most)) return [words, "cannot tell"];
    const [from, until] = [low / most, high / least];
    return [words, from <= 1 && until >= 1 ? "cannot tell" : [...new Set([digits(from), digits(until)])].join("–")];
  };
  const write = (cell, lines) => {
    cell.replaceChildren(
      ...lines.map((line, place) => {
        const span = document.createElement("span");
        span.className = place ? "more" : "first";
        span.textContent = line;
        return span;
      }),
    );
  };
  const bodies = new Set(rows.map((row) => row.parentNode));
  const served = new Map(rows.map((row) => [row, [...row.querySelectorAll("td.relative > *")]]));
  const choices = new Map(rows.map((row) => [row.dataset.choice, row.dataset.choiceLabel]));
  for (const [choice, label] of choices) picker.append(new Option(label, choice));
  const head = document.querySelector("table.devices thead th.first button");
  tools.querySelector(".compare").hidden = !head;

  picker.addEventListener("change", () => {
    if (head) head.textContent = picker.value ? "to the chosen" : "to the first";
    for (const body of bodies) {
      const own = rows.filter((row) => row.parentNode === body);
      const base = own.find((row) => row.dataset.choice === picker.value);
      for (const row of own) {
        const cell = row.querySelector("td.relative");
        if (!cell) continue;
        if (!picker.value) cell.replaceChildren(...served.get(row));
        else write(cell, own.length < 2 ? [row === base ? "1 ×" : "–"] : ratio(row, base));
      }
    }
  });
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const work = row.parentNode.querySelector(".work");
      const text = `${work ? work.textContent : ""} ${row.textContent}`.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    for (const body of bodies) body.hidden = rows.every((row) => row.parentNode !== body || row.hidden);
    told.textContent = words.length ? `${shown} of ${rows.length}` : "";
  });
  tools.hidden = false;
}

// A link to what is folded opens it.
const unfold = () => {
  const target = document.getElementById(location.hash.slice(1));
  const folded = target && target.closest("details");
  if (folded && !folded.open) {
    folded.open = true;
    target.scrollIntoView();
  }
};
addEventListener("hashchange", unfold);
unfold();
