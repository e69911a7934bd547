(() => {
"use strict";

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

// A plot as it lies in the page, and any part of it drawn large.

const piece = (name, attributes, ...children) => {
  const element = document.createElementNS(document.querySelector("svg").namespaceURI, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};
const clamp = (value, high) => Math.min(Math.max(value, 0), high);

class Drawing {
  constructor(figure) {
    this.figure = figure;
    this.svg = figure.querySelector("svg.plot");
    this.label = this.svg.getAttribute("aria-label");
    for (const use of this.svg.querySelectorAll("use")) {
      const axis = document.querySelector(use.getAttribute("href")).cloneNode(true);
      axis.removeAttribute("id");
      use.replaceWith(axis);
    }
    for (const title of this.svg.querySelectorAll("title")) {
      title.parentNode.dataset.name = title.textContent; // a tip of the browser's own would lie over ours
      title.remove();
    }
    this.whole = this.svg.cloneNode(true);
    this.full = { x: scaleOf(this.svg.dataset.x), y: scaleOf(this.svg.dataset.y) };
    this.view = this.full;
  }

  get frame() {
    return this.svg.querySelector(".frame");
  }

  get size() {
    return this.frame.viewBox.baseVal;
  }

  get lines() {
    return (this.known ??= linesOf(this.figure));
  }

  place({ x, y }, { x: across, y: up } = this.view) {
    return [share(across, x) * this.size.width, (1 - share(up, y)) * this.size.height];
  }

  // As `place`, but what is too high or too low is at the edge.
  seen(point) {
    const [x, y] = this.place(point);
    return [x, clamp(y, this.size.height)];
  }

  // Show what lies between these ends of the axes; whether that is the whole plot.
  show(x, y) {
    const off = [...this.frame.children].map((each) => each.matches(".off"));
    this.view = { x, y };
    this.svg.replaceChildren(...this.whole.cloneNode(true).childNodes);
    [...this.frame.children].forEach((each, n) => each.classList.toggle("off", off[n]));
    const whole = ["x", "y"].every((which) => this.view[which].low === this.full[which].low && this.view[which].high === this.full[which].high);
    if (!whole) this.draw();
    return whole;
  }

  draw() {
    this.drawAxes();
    this.frame.querySelectorAll(":scope > .line").forEach((group, n) => {
      for (const path of group.querySelectorAll("path")) {
        if (path.matches(".edge")) path.remove();
        else path.setAttribute("d", path.matches("[class]") ? this.marks(path, this.lines[n]) : this.stroke(this.lines[n]));
      }
    });
    this.move();
  }

  stroke({ points }) {
    const apart = Number(this.svg.dataset.apart ?? NaN);
    let joined = false;
    return points
      .map((point) => {
        const [x, y] = this.place(point);
        if (!Number.isFinite(y) || point.y === apart) return (joined = false) || "";
        const step = `${joined ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
        joined = true;
        return step;
      })
      .join("");
  }

  // A mark at every point that is seen.
  marks(path, { points }) {
    const { shape, middle } = this.shapeOf(path);
    return points
      .map((point) => this.place(point))
      .filter(([x, y]) => x >= 0 && y >= 0 && x <= this.size.width && y <= this.size.height)
      .map(([x, y]) => `M${(x - middle[0]).toFixed(1)} ${(y - middle[1]).toFixed(1)}${shape}`)
      .join("");
  }

  // What a path of marks repeats: where the shape's point is, its middle, and where its path ends.
  shapeOf(path) {
    const shape = path.matches(".dots") ? "h1" : path.getAttribute("d").match(/^m[^a-z]*([^m]*)/)[1];
    const alone = piece("path", { d: `M0 0${shape}` });
    path.after(alone);
    const { x, y, width, height } = alone.getBBox();
    const end = alone.getPointAtLength(alone.getTotalLength());
    alone.remove();
    return { shape, middle: [x + width / 2, y + height / 2], end: [end.x, end.y] };
  }

  // What has no data goes where it belongs: guides, the ring, crosses.
  move() {
    const { width, height } = this.size;
    const to = { x: width, y: height };
    const moved = (which, at) => {
      const full = this.full[which], view = this.view[which], up = which === "y";
      const part = at / to[which], value = full.low + (up ? 1 - part : part) * (full.high - full.low);
      const seen = (value - view.low) / (view.high - view.low);
      return (up ? 1 - seen : seen) * to[which];
    };
    const place = (x, y) => `${moved("x", x).toFixed(1)} ${moved("y", y).toFixed(1)}`;
    for (const path of this.frame.querySelectorAll(":is(.guide, .aside) path:not([class])")) {
      let x = 0, y = 0;
      const corners = path.getAttribute("d").replace(/([Ml])(-?\d+) ?(-?\d+)/g, (_, command, a, b) => {
        [x, y] = command === "M" ? [+a, +b] : [x + +a, y + +b];
        return (command === "M" ? "M" : "L") + place(x, y);
      });
      path.setAttribute("d", corners);
    }
    for (const path of this.frame.querySelectorAll(".aside .marks")) {
      const { shape, middle, end } = this.shapeOf(path);
      let [x, y] = middle;
      const marks = path.getAttribute("d").replace(/m(-?\d+) ?(-?\d+)[^m]*/g, (_, dx, dy) => {
        const [at, down] = place((x += +dx), (y += +dy)).split(" ");
        [x, y] = [x + end[0], y + end[1]];
        return `M${at - middle[0]} ${down - middle[1]}${shape}`;
      });
      path.setAttribute("d", marks);
    }
    for (const line of this.frame.querySelectorAll(".upright")) {
      line.setAttribute("d", `M${moved("x", parseFloat(line.getAttribute("d").slice(1))).toFixed(1)} 0V${height}`);
    }
    for (const text of this.frame.querySelectorAll(".guide text")) text.remove();
    for (const ring of this.frame.querySelectorAll(".ring")) {
      for (const [name, which] of [["cx", "x"], ["cy", "y"]]) ring.setAttribute(name, moved(which, ring.getAttribute(name)).toFixed(1));
    }
  }

  drawAxes() {
    const [left, top, width, height] = ["x", "y", "width", "height"].map((name) => this.frame[name].baseVal.value);
    const ticks = { x: ticksOf(this.view.x), y: ticksOf(this.view.y) };
    const along = (which, at) => (at - this.view[which].low) / (this.view[which].high - this.view[which].low);
    const across = ticks.x.map(({ at }) => left + along("x", at) * width);
    const up = ticks.y.map(({ at }) => top + (1 - along("y", at)) * height);
    const grid = {
      x: across.map((x) => `M${x.toFixed(1)} ${top}v${height}`),
      y: up.map((y) => `M${left} ${y.toFixed(1)}h${width}`),
    };
    const texts = {
      x: across.map((x, n) => piece("text", { x, y: top + height + 14 }, ticks.x[n].text)),
      y: up.map((y, n) => piece("text", { x: left - 5, y: y + 3.5 }, ticks.y[n].text)),
    };
    for (const which of ["x", "y"]) {
      const [line, name] = this.svg.querySelector(`.${which}`).children;
      line.setAttribute("d", grid[which].join(""));
      line.parentNode.replaceChildren(line, name, ...texts[which]);
    }
    this.fit(texts, left - 6);
  }

  // Labels of a zoomed axis may be longer than there is room: of x every second goes, those of y are squeezed.
  fit(texts, room) {
    const length = (text) => text.getComputedTextLength();
    let shown = texts.x;
    const tight = () => shown.slice(1).some((text, n) =>
      text.x.baseVal[0].value - shown[n].x.baseVal[0].value < (length(text) + length(shown[n])) / 2 + 3);
    while (tight()) {
      shown.forEach((text, n) => n % 2 && text.remove());
      shown = shown.filter((_, n) => n % 2 === 0);
    }
    for (const text of texts.y.filter((each) => length(each) > room)) {
      text.setAttribute("textLength", room);
      text.setAttribute("lengthAdjust", "spacingAndGlyphs");
    }
  }
}

// Plots as files of their own.

const RESOLVED = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin",
  "paint-order", "font-family", "font-size", "text-anchor",
];

// A drawing as an SVG of its own: as it is on light paper, with what the style sheet gives written into it.
const alone = ({ svg, label }) => {
  svg.classList.add("paper");
  const copy = svg.cloneNode(true);
  const all = [svg, ...svg.querySelectorAll("*")], copies = [copy, ...copy.querySelectorAll("*")];
  copies.forEach((element, n) => {
    const style = getComputedStyle(all[n]);
    if (style.display === "none" || element.matches(".here, .box")) return element.remove();
    const { name } = element.dataset;
    for (const { name: attribute } of [...element.attributes]) {
      if (/^(id|class|role|tabindex|style|aria-|data-)/.test(attribute)) element.removeAttribute(attribute);
    }
    if (!element.matches("g, svg")) for (const each of RESOLVED) element.setAttribute(each, style.getPropertyValue(each));
    if (name) element.prepend(piece("title", {}, name));
  });
  svg.classList.remove("paper");
  const { width, height } = svg.viewBox.baseVal;
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.prepend(piece("title", {}, label), piece("rect", { width, height, fill: "#fff" }));
  return new XMLSerializer().serializeToString(copy);
};

// The same as a PNG of twice the size.
const painted = (drawing, done) => {
  const { width, height } = drawing.svg.viewBox.baseVal;
  const image = new Image(2 * width, 2 * height);
  image.addEventListener("load", () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob(done);
  });
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(alone(drawing))}`;
};

const save = (blob, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
};

// What a reader does with a plot: values by pointer and arrow keys, zoom, files.

const NEAR = 120; // how far from a point the pointer may be; there are 4 such coordinates to a unit of a plot
const HELP = "Arrow keys read its values, plus and minus zoom, 0 shows all of it.";
const EVENTS = ["keydown", "focus", "pointermove", "pointerdown", "pointerup", "pointerleave", "dblclick"];

class Plot extends Drawing {
  constructor(figure) {
    super(figure);
    this.output = document.createElement("output");
    let under = figure.querySelector(".under");
    if (!under) {
      under = document.createElement("div");
      under.className = "under";
      this.svg.after(under);
    }
    under.prepend(this.output);
    this.offer();
    this.svg.tabIndex = 0;
    this.svg.classList.add("live");
    this.svg.setAttribute("role", "application");
    this.svg.setAttribute("aria-label", `${this.label.replace(/\.?$/, ".")} ${HELP}`);
    for (const kind of EVENTS) this.svg.addEventListener(kind, (event) => this[kind](event));
  }

  // Numbers of the lines that can be read: not switched off.
  get readable() {
    const groups = this.frame.querySelectorAll(":scope > .line");
    return this.lines.flatMap((line, n) => (groups[n]?.matches(".off") || !line.points.length ? [] : [n]));
  }

  // Values ---------------------------------------------------------------------------------------------

  read(line, index) {
    this.at = { line, index };
    const { points } = this.lines[line];
    const [x, y, bound] = points[index].texts;
    const name = [points[index].of, this.lines[line].name].filter(Boolean).join(", ");
    const [cx, cy] = this.seen(points[index]);
    this.forget();
    this.frame.append(piece("circle", { class: "here", cx, cy, r: 18 }));
    const axis = (which) => this.svg.querySelector(`.${which} .name`).textContent.split(";")[0];
    // What has a name of its own stands beside others in a column: the line says what its x is.
    const across = points[index].of ? "" : `${axis("x")} = ${x}, `;
    const value = `${across}${axis("y")} = ${y}${bound ? `, bound ${bound}` : ""}`;
    this.output.textContent = this.lines.length > 1 && name ? `${name}: ${value}` : value;
  }

  forget() {
    this.frame.querySelector(".here")?.remove();
  }

  // The point nearest to a place, of these lines; `flat`: as seen from above.
  nearest([x, y], lines, flat = false) {
    let best = { distance: Infinity };
    for (const line of lines) {
      this.lines[line].points.forEach((point, index) => {
        const [px, py] = this.seen(point);
        const distance = Math.hypot(px - x, flat ? 0 : py - y);
        if (distance < best.distance && px >= -1 && px <= this.size.width + 1) best = { line, index, distance };
      });
    }
    return best;
  }

  focus() {
    if (!this.at) this.output.textContent = HELP.replace("its values", "values");
  }

  keydown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const zooms = { "+": 0.5, "=": 0.5, "-": 2, "0": Infinity, Escape: Infinity };
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    const turns = { ArrowUp: -1, ArrowDown: 1 };
    if (event.key in zooms) this.zoomBy(zooms[event.key]);
    else if (event.key in steps) this.step(steps[event.key]);
    else if (event.key in turns) this.turn(turns[event.key]);
    else return;
    event.preventDefault();
  }

  step(by) {
    const readable = this.readable;
    if (!readable.length) return;
    if (!this.at || !readable.includes(this.at.line)) return this.read(readable[0], by > 0 && by < Infinity ? 0 : this.lines[readable[0]].points.length - 1);
    const { line, index } = this.at;
    this.read(line, clamp(index + by, this.lines[line].points.length - 1));
  }

  turn(by) {
    const readable = this.readable, now = readable.indexOf(this.at?.line);
    if (!readable.length) return;
    if (now < 0) return this.read(readable[0], 0);
    const next = readable[(now + by + readable.length) % readable.length];
    const here = this.seen(this.lines[this.at.line].points[this.at.index]);
    const { index } = this.nearest(here, [next], true);
    this.read(next, index ?? 0);
  }

  where(event) {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.frame.getScreenCTM().inverse());
    return [x, y];
  }

  pointermove(event) {
    const place = this.where(event);
    if (this.from) return this.select(place);
    const { line, index, distance } = this.nearest(place, this.readable);
    if (distance < NEAR) this.read(line, index);
    else this.forget();
  }

  pointerleave() {
    if (document.activeElement !== this.svg) this.forget();
  }

  // Zoom -----------------------------------------------------------------------------------------------

  pointerdown(event) {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    this.from = this.where(event);
    this.svg.setPointerCapture(event.pointerId);
  }

  select(place) {
    this.frame.querySelector(".box")?.remove();
    const { width, height } = this.size;
    const [[left, right], [top, bottom]] = [width, height].map((end, i) =>
      [this.from[i], place[i]].map((each) => clamp(each, end)).sort((a, b) => a - b),
    );
    const box = { x: left, y: top, width: right - left, height: bottom - top };
    this.frame.append(piece("rect", { class: "box", ...box }));
    return box;
  }

  pointerup(event) {
    if (!this.from) return;
    const { x, y, width, height } = this.select(this.where(event));
    this.from = null;
    this.frame.querySelector(".box").remove();
    if (width < 20 || height < 20) return;
    const across = this.size.width, up = this.size.height;
    this.zoom(this.part("x", x / across, (x + width) / across), this.part("y", 1 - (y + height) / up, 1 - y / up));
  }

  dblclick() {
    this.zoomBy(Infinity);
  }

  zoomBy(factor) {
    if (factor === Infinity) return this.zoom(this.full.x, this.full.y);
    const point = this.at && this.lines[this.at.line].points[this.at.index];
    const [x, y] = point ? this.seen(point) : [this.size.width / 2, this.size.height / 2];
    const parts = [["x", x / this.size.width], ["y", 1 - y / this.size.height]].map(([which, middle]) =>
      this.part(which, middle - factor / 2, middle + factor / 2),
    );
    this.zoom(...parts);
  }

  // What lies between two shares of an axis, and within the whole plot.
  part(which, from, to) {
    const { low, high } = this.view[which], full = this.full[which];
    const ends = [from, to].map((each) => low + each * (high - low));
    return { ...full, low: Math.max(ends[0], full.low), high: Math.min(ends[1], full.high) };
  }

  zoom(x, y) {
    const least = (scale) => scale.high - scale.low < 1e-9 * Math.max(1, Math.abs(scale.low), Math.abs(scale.high));
    if (least(x) || least(y)) return;
    this.reset.hidden = this.show(x, y);
    if (this.at) this.read(this.at.line, this.at.index);
  }

  // Files ----------------------------------------------------------------------------------------------

  offer() {
    const { file, columns = "" } = this.figure.dataset;
    const name = [file.replace(/\.csv$/, ""), ...(columns.match(/\w+/g) ?? [])].join("-");
    const button = (text, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = text;
      made.addEventListener("click", act);
      return made;
    };
    this.reset = button("show all", () => this.zoomBy(Infinity));
    this.reset.hidden = true;
    const under = this.output.parentNode;
    if (!under.querySelector("a")) under.append(button("CSV", () => linkTo(file).click()));
    this.output.after(
      this.reset,
      button("SVG", () => save(new Blob([alone(this)], { type: "image/svg+xml" }), `${name}.svg`)),
      button("PNG", () => painted(this, (blob) => save(blob, `${name}.png`))),
    );
  }
}

// Legends whose entries switch lines, and the start.

// Each entry of a legend that stands for a line becomes a switch of it in the plots beside the legend.
const switches = (legend) => {
  const beside = [legend.nextElementSibling, legend.previousElementSibling];
  const plots = beside.find((each) => each?.matches(".plots, figure"));
  if (!plots) return;
  for (const entry of legend.children) {
    const [kind, look] = entry.querySelector("svg.key > g")?.classList ?? [];
    if (!look) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", "true");
    button.append(...entry.childNodes);
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      for (const line of plots.querySelectorAll(`.frame > .${kind}.${look}`)) line.classList.toggle("off", !on);
      for (const mark of plots.querySelectorAll(".here")) mark.remove();
    });
    entry.append(button);
  }
};

for (const figure of document.querySelectorAll("figure[data-file]")) new Plot(figure);
for (const legend of document.querySelectorAll(".legend")) switches(legend);

})();
