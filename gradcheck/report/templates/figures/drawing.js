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
