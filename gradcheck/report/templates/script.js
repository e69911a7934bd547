// Filters and sorts the matrix; the page is complete without it.
(() => {
  const table = document.getElementById("matrix-table");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const text = document.getElementById("filter-text");
  const verdict = document.getElementById("filter-verdict");
  const count = document.getElementById("filter-count");

  const matches = (row) =>
    row.textContent.toLowerCase().includes(text.value.trim().toLowerCase()) &&
    (!verdict.value || row.querySelector(`[data-verdict="${verdict.value}"]`));

  const filter = () => {
    for (const row of rows) row.hidden = !matches(row);
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = `${shown} of ${rows.length} functions`;
  };

  const key = (row, column) => {
    const cell = row.cells[column];
    return "sort" in cell.dataset ? Number(cell.dataset.sort) : cell.textContent.trim();
  };

  const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b));

  const sort = (header, column) => {
    const numeric = typeof key(rows[0], column) === "number";
    const first = numeric ? "descending" : "ascending";
    const second = numeric ? "ascending" : "descending";
    const direction = header.getAttribute("aria-sort") === first ? second : first;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    rows.sort((a, b) => sign * compare(key(a, column), key(b, column)));
    for (const row of rows) row.classList.remove("new-topic");
    body.append(...rows);
  };

  [...table.tHead.rows[0].cells].forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(header, column));
    header.append(button);
  });
  const form = document.getElementById("filter");
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  text.addEventListener("input", filter);
  verdict.addEventListener("change", filter);
  filter();
})();
