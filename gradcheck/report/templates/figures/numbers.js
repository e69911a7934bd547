// The data of plots, how numbers are written, and scales.

const cells = (line) =>
  [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? plain : quoted.replaceAll('""', '"'),
  );
const linkTo = (file) => document.querySelector(`a[download="${CSS.escape(file)}"]`);
const tables = new Map(); // file -> its rows
const tableOf = (file) => {
  if (!tables.has(file)) {
    const address = linkTo(file).getAttribute("href");
    const text = decodeURIComponent(address.slice(address.indexOf(",") + 1));
    tables.set(file, text.trimEnd().split("\n").map(cells));
  }
  return tables.get(file);
};
const number = (text) => (/inf/.test(text) ? Number(text.replace("inf", "Infinity")) : Number(text));

// The lines of a plot: of each its name and its points. A column of x holds for those after it, one of
// functions names the points of the line before it.
const linesOf = (figure) => {
  const { file, columns = "" } = figure.dataset;
  const [names, ...rows] = tableOf(file);
  const lines = [];
  let x = 0;
  names.forEach((name, column) => {
    if (name === names[0]) x = column;
    else if (name === "function") lines.at(-1).function = column;
    else if (!name.startsWith(columns)) return;
    else if (columns && name.startsWith(`${columns}bound of`)) lines.at(-1).bound = column;
    else lines.push({ name: name.slice(columns.length), x, y: column });
  });
  for (const line of lines) {
    line.points = rows
      .filter((row) => row[line.x] && row[line.y] && row[line.y] !== "nan")
      .map((row) => ({
        x: number(row[line.x]), y: number(row[line.y]), of: row[line.function],
        texts: [row[line.x], row[line.y], row[line.bound]].map((text) => text && shown(text)),
      }));
  }
  return lines;
};

const raised = (digits) => [...digits].map((digit) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(digit)]).join("");
const shown = (text) => {
  const [digits, power] = text.replace("inf", "∞").split("e");
  const written = power ? `${digits === "1" ? "" : `${digits}·`}10${raised(power.replace("+", ""))}` : digits;
  return written.replace("-", "−");
};
const rounded = (value, digits) => {
  const short = Number(value.toPrecision(digits));
  const large = short !== 0 && (Math.abs(short) < 1e-3 || Math.abs(short) >= 1e4);
  return shown(large ? short.toExponential() : String(short));
};

// Scales: what lies between `low` and `high`, which are logarithms on a logarithmic axis -------------------

const scaleOf = (text) => {
  const [kind, ...ends] = text.split(" ");
  const of = kind === "log" ? Math.log10 : (value) => value;
  const [low, high] = ends.map((end) => of(Number(end)));
  return { log: kind === "log", of, low, high };
};
const share = (scale, value) => (scale.of(Math.max(value, scale.log ? 0 : -Infinity)) - scale.low) / (scale.high - scale.low);

const ticksOf = (scale) => {
  const { log, of, low, high } = scale;
  if (log && high - low >= 2) {
    const every = Math.ceil((Math.floor(high) - Math.ceil(low) + 1) / 6);
    const first = Math.ceil(Math.ceil(low) / every) * every;
    return Array.from({ length: Math.floor((high - first) / every) + 1 }, (_, n) => first + n * every)
      .map((power) => ({ at: power, text: `10${raised(String(power))}` }));
  }
  const [from, to] = log ? [10 ** low, 10 ** high] : [low, high];
  const rough = (to - from) / 5, unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((each) => each >= rough * 0.999);
  const digits = Math.max(3, Math.ceil(Math.log10(Math.max(Math.abs(from), Math.abs(to)) / step)) + 1);
  const first = Math.ceil(from / step), count = Math.floor(to / step) - first + 1;
  return Array.from({ length: count }, (_, n) => (first + n) * step)
    .map((value) => ({ at: of(value), text: rounded(value, digits) }));
};
