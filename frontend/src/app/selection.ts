// Choosing rows: [data-select-rows] holds the checkboxes name="selected"; [data-select-all] chooses the page;
// [data-selection-bar] is shown while something is chosen, and its [data-selection-count] says how many.
// Shift and a click choose a range; "x" chooses the row that has the focus.

const boxes = (area: Element): HTMLInputElement[] => [
  ...area.querySelectorAll<HTMLInputElement>('input[type="checkbox"][name="selected"]'),
];

let last: HTMLInputElement | null = null;

function show(area: Element): void {
  const all = boxes(area);
  const chosen = all.filter((box) => box.checked);
  for (const box of all) box.closest("tr")?.classList.toggle("is-selected", box.checked);
  const whole = area.querySelector<HTMLInputElement>("input[data-select-all]");
  if (whole) {
    whole.checked = all.length > 0 && chosen.length === all.length;
    whole.indeterminate = chosen.length > 0 && chosen.length < all.length;
  }
  for (const bar of area.querySelectorAll<HTMLElement>("[data-selection-bar]")) bar.hidden = chosen.length === 0;
  for (const count of area.querySelectorAll<HTMLElement>("[data-selection-count]")) count.textContent = String(chosen.length);
}

export function startSelection(): void {
  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
    const area = box.closest("[data-select-rows]");
    if (!area) return;
    const all = boxes(area);
    if (box.matches("[data-select-all]")) all.forEach((one) => (one.checked = box.checked));
    else if (box.name === "selected") {
      const from = last ? all.indexOf(last) : -1;
      if (event.shiftKey && from >= 0) {
        const to = all.indexOf(box);
        all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((one) => (one.checked = box.checked));
      }
      last = box;
    }
    show(area);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    target.closest("tr")?.querySelector<HTMLInputElement>('input[name="selected"]')?.click();
  });
  const showAll = (root: ParentNode) => root.querySelectorAll("[data-select-rows]").forEach(show);
  document.addEventListener("htmx:afterSettle", () => showAll(document));
  window.addEventListener("pageshow", () => showAll(document));
}
