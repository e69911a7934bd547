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
