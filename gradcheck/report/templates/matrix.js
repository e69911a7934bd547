// Filters and sorts the matrix; the page is complete without it.
(() => {
  const table = document.getElementById("matrix-table");
  if (!table) return;
  const groups = [...table.tBodies]; // the rows of one function, one for each device
  const rows = groups.flatMap((group) => [...group.rows]);
  const heads = [...table.tHead.rows];
  const columns = [...heads[1].cells]; // of orders and dtypes, after three of names
  const option = (name) => document.getElementById(`filter-${name}`);
  const chosen = (name) => option(name)?.value ?? "";
  const count = option("count");

  const showColumns = () => {
    const order = chosen("order");
    const dtype = chosen("dtype");
    for (const head of heads.flatMap((row) => [...row.cells])) {
      head.hidden =
        (order && head.dataset.order && head.dataset.order !== order) ||
        (dtype && head.dataset.dtype && head.dataset.dtype !== dtype);
      if (head.dataset.of) head.colSpan = dtype ? 1 : Number(head.dataset.of);
    }
    for (const row of rows) {
      columns.forEach((head, place) => (row.cells[place + 3].hidden = head.hidden));
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
      (!verdict || [...row.querySelectorAll(`td.${verdict}`)].some((cell) => !cell.hidden))
    );
  };

  const filter = () => {
    showColumns();
    for (const row of rows) row.hidden = !matches(row);
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = `${shown} of ${rows.length} rows`;
  };

  const headers = [...table.tHead.querySelectorAll("[data-sortable]")];
  const placeOf = (header) => {
    if (header.dataset.order) return columns.indexOf(header) + 3;
    const place = header.cellIndex;
    return place < 3 ? place : columns.length + 3;
  };

  const key = (cell) => ("sort" in cell.dataset ? Number(cell.dataset.sort) : cell.textContent.trim());
  const compare = (a, b) => (typeof a === "number" ? (a === b ? 0 : a - b) : a.localeCompare(b));

  const sort = (header) => {
    const place = placeOf(header);
    const numeric = typeof key(rows[0].cells[place]) === "number";
    const most = numeric && !header.dataset.order; // of digits the fewest come first
    const [first, second] = most ? ["descending", "ascending"] : ["ascending", "descending"];
    const direction = header.getAttribute("aria-sort") === first ? second : first;
    for (const other of headers) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const keyOf = (group) => {
      const keys = [...group.rows].map((row) => key(row.cells[place]));
      return numeric ? Math[most ? "max" : "min"](...keys) : keys[0];
    };
    groups.sort((a, b) => sign * compare(keyOf(a), keyOf(b)));
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
  const form = document.getElementById("filter");
  form.hidden = rows.length < 2;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  filter();
})();
