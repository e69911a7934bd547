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
