// Choosing rows of a list page: boxes name="keys" of the form #bulk; [data-select-page] chooses the page, [data-select-all] every
// matching row; [data-chosen] says how many. Shift and a click choose a range; "x" chooses the row that has the focus.

const boxes = (): HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>('input[type="checkbox"][name="keys"]')];

let last: HTMLInputElement | null = null;

function show(): void {
  const all = boxes();
  const whole = document.querySelector<HTMLInputElement>("input[data-select-page]");
  const every = document.querySelector<HTMLInputElement>("input[data-select-all]");
  const chosen = all.filter((box) => box.checked || every?.checked);
  for (const box of all) box.closest("tr")?.classList.toggle("chosen", box.checked || every?.checked === true);
  if (whole) {
    whole.checked = all.length > 0 && chosen.length === all.length;
    whole.indeterminate = chosen.length > 0 && chosen.length < all.length;
  }
  for (const words of document.querySelectorAll<HTMLElement>("[data-chosen]")) {
    let count = words.querySelector<HTMLElement>("output");
    if (!count) words.append(" ", (count = document.createElement("output")));
    count.textContent = every?.checked ? "" : String(chosen.length || "");
  }
}

export function startSelection(): void {
  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
    const all = boxes();
    if (box.matches("[data-select-page]")) all.forEach((one) => (one.checked = box.checked));
    else if (box.name === "keys") {
      const from = last ? all.indexOf(last) : -1;
      if (event.shiftKey && from >= 0) {
        const to = all.indexOf(box);
        all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((one) => (one.checked = box.checked));
      }
      last = box;
    } else if (!box.matches("[data-select-all]")) return;
    show();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    target.closest("tr")?.querySelector<HTMLInputElement>('input[name="keys"]')?.click();
  });
  document.addEventListener("htmx:afterSettle", show);
  window.addEventListener("pageshow", show);
}
