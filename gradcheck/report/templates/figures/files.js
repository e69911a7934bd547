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
