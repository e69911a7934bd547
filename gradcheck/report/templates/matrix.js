// Filters and sorts the matrix; the page is complete without it.
(() => {
  const table = document.getElementById("matrix-table");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const option = (name) => document.getElementById(`filter-${name}`);
  const chosen = (name) => option(name)?.value ?? "";
  const count = option("count");

  const showColumns = () => {
    const order = chosen("order");
    const dtype = chosen("dtype");
    for (const cell of table.querySelectorAll("[data-order]")) {
      cell.hidden =
        (order && cell.dataset.order !== order) ||
        (dtype && cell.dataset.dtype && cell.dataset.dtype !== dtype);
      if (cell.dataset.of) cell.colSpan = dtype ? 1 : Number(cell.dataset.of);
    }
  };

  const matches = (row) => {
    const text = chosen("text").trim().toLowerCase();
    const names = `${row.cells[0].textContent} ${row.cells[1].textContent}`.toLowerCase();
    const verdict = chosen("verdict");
    const device = chosen("device");
    return (
      names.includes(text) &&
      (!device || row.dataset.device === device) &&
      (!verdict ||
        [...row.querySelectorAll(`[data-verdict~="${verdict}"]`)].some((cell) => !cell.hidden))
    );
  };

  const filter = () => {
    showColumns();
    for (const row of rows) row.hidden = !matches(row);
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = `${shown} of ${rows.length} rows`;
  };

  const headers = [...table.tHead.querySelectorAll("[data-sortable]")];
  const cellUnder = (header) => {
    const { order, dtype } = header.dataset;
    if (order) {
      return (row) => row.querySelector(`[data-order="${order}"][data-dtype="${dtype}"]`);
    }
    const top = [...table.tHead.rows[0].cells];
    const place = top.indexOf(header);
    return place === top.length - 1 ? (row) => row.cells[row.cells.length - 1] : (row) => row.cells[place];
  };

  const key = (cell) => ("sort" in cell.dataset ? Number(cell.dataset.sort) : cell.textContent.trim());
  const compare = (a, b) => (typeof a === "number" ? (a === b ? 0 : a - b) : a.localeCompare(b));

  const sort = (header) => {
    const cell = cellUnder(header);
    const numeric = typeof key(cell(rows[0])) === "number";
    const most = numeric && !header.dataset.order; // of digits the fewest come first
    const [first, second] = most ? ["descending", "ascending"] : ["ascending", "descending"];
    const direction = header.getAttribute("aria-sort") === first ? second : first;
    for (const other of headers) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    rows.sort((a, b) => sign * compare(key(cell(a)), key(cell(b))));
    for (const row of rows) row.classList.remove("new-topic");
    body.append(...rows);
  };

  for (const header of headers) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(header));
    header.append(button);
  }
  const form = document.getElementById("filter");
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  filter();
})();
