// Filters and sorts the matrix, and shows errors in ULPs; the page is complete without it.
(() => {
  const table = document.getElementById("matrix-table");
  const form = document.getElementById("filter");
  if (!table || !form) return;
  const groups = [...table.tBodies]; // the rows of one function, one for each device
  const rows = groups.flatMap((group) => [...group.rows]);
  const heads = [...table.tHead.rows];
  const names = heads[0].querySelectorAll("th:not([data-order])").length - 1; // columns before the figures
  const columns = [...heads[1].cells]; // of orders and dtypes
  const chosen = (name) => document.getElementById(`filter-${name}`)?.value ?? "";
  const onlyChanged = document.getElementById("filter-changed");
  const count = document.getElementById("filter-count");
  const figures = (row) => columns.map((_, place) => row.cells[place + names]);

  // What a cell is, from its classes: a certified pass has none.
  const statuses = ["fail", "inconclusive", "not-tested", "measured", "absent"];
  const status = (cell) => statuses.find((name) => cell.classList.contains(name)) ?? "certified";
  const changed = (cell) => ["less", "more", "worse", "better"].some((name) => cell.classList.contains(name));

  const showColumns = () => {
    const order = chosen("order");
    const dtype = chosen("dtype");
    for (const part of [...table.querySelectorAll("colgroup"), ...heads.flatMap((row) => [...row.cells])]) {
      part.hidden =
        (order && part.dataset.order && part.dataset.order !== order) ||
        (dtype && part.dataset.dtype && part.dataset.dtype !== dtype);
      if (part.dataset.of) part[part.tagName === "TH" ? "colSpan" : "span"] = dtype ? 1 : Number(part.dataset.of);
    }
    for (const row of rows) figures(row).forEach((cell, place) => (cell.hidden = columns[place].hidden));
  };

  const nameOf = (row) => row.cells[0].firstElementChild.textContent;
  const matches = (row) => {
    const text = chosen("text").trim().toLowerCase();
    const wanted = chosen("verdict");
    const device = chosen("device");
    const cells = figures(row).filter((cell) => !cell.hidden);
    return (
      `${nameOf(row)} ${row.cells[1].textContent}`.toLowerCase().includes(text) &&
      (!device || row.dataset.device === device) &&
      (!wanted || cells.some((cell) => status(cell) === wanted)) &&
      (!onlyChanged?.checked || cells.some(changed))
    );
  };

  const filter = () => {
    showColumns();
    for (const row of rows) row.hidden = !matches(row);
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = `${shown} of ${rows.length} rows`;
  };

  // The digits of each cell are kept; errors in ULPs take their place and give it back.
  const digits = new Map();
  const showFigures = () => {
    for (const row of rows) {
      const errors = row.dataset.ulp.split(" ");
      figures(row).forEach((cell, place) => {
        if (cell.classList.contains("absent")) return;
        const shown = cell.firstElementChild;
        if (!digits.has(shown)) digits.set(shown, shown.textContent);
        shown.textContent = chosen("figure") ? errors[place] : digits.get(shown);
      });
    }
  };

  // Numbers as the page writes them: 15.9, <0.01, 3.2·10⁷, 10⁷, ∞; NaN is as bad as ∞, and no number is null.
  const raised = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const number = (text) => {
    const plain = text
      .replace(/^10(?=[⁰¹²³⁴⁵⁶⁷⁸⁹])/, "1e")
      .replace("·10", "e")
      .replace("<", "")
      .replace(/∞|NaN/, "Infinity")
      .replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (digit) => raised.indexOf(digit));
    return Number.isNaN(Number(plain)) ? null : Number(plain);
  };

  const headers = [...table.tHead.querySelectorAll("[data-sortable]")];
  const placeOf = (header) => {
    if (header.dataset.order) return columns.indexOf(header) + names;
    const place = header.cellIndex;
    return place < names ? place : columns.length + names;
  };

  // Of digits the fewest come first, of errors and cases the most.
  const most = (place) => place === columns.length + names || chosen("figure");
  const keyOf = (group, place) => {
    const cells = [...group.rows].map((row) => row.cells[place]);
    if (place < names) return place ? cells[0].textContent.trim() : nameOf(group.rows[0]);
    const known = cells.map((cell) => number((cell.firstElementChild ?? cell).textContent)).filter((n) => n !== null);
    return known.length ? Math[most(place) ? "max" : "min"](...known) : null;
  };
  const compare = (a, b) => (typeof a === "number" ? (a === b ? 0 : a - b) : a.localeCompare(b));

  const sort = (header) => {
    const place = placeOf(header);
    const down = place >= names && most(place);
    const [first, second] = down ? ["descending", "ascending"] : ["ascending", "descending"];
    const direction = header.getAttribute("aria-sort") === first ? second : first;
    for (const other of headers) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const keys = new Map(groups.map((group) => [group, keyOf(group, place)]));
    const unknown = (group) => keys.get(group) === null; // these are the last either way
    groups.sort((a, b) =>
      unknown(a) || unknown(b) ? unknown(a) - unknown(b) : sign * compare(keys.get(a), keys.get(b)),
    );
    for (const group of groups) group.classList.remove("new-topic");
    table.append(...groups);
  };

  for (const header of headers) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(header));
    header.append(button);
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    filter();
    showFigures();
  });
  filter();
  form.classList.add("works");
})();
