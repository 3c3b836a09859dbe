// Choosing rows of a table: boxes name="keys" of one form (#bulk of a list page; a page may have several tables, each with its own).
// [data-select-page] chooses the rows of its table, [data-select-all] every matching row; [data-chosen] says how many. Shift and a
// click choose a range; "x" chooses the row that has the focus.

const KEYS = 'input[type="checkbox"][name="keys"]';
const boxes = (within: ParentNode = document): HTMLInputElement[] => [...within.querySelectorAll<HTMLInputElement>(KEYS)];

let last: HTMLInputElement | null = null;

function show(): void {
  const every = document.querySelector<HTMLInputElement>("input[data-select-all]");
  for (const box of boxes()) box.closest("tr")?.classList.toggle("chosen", box.checked || every?.checked === true);
  for (const whole of document.querySelectorAll<HTMLInputElement>("input[data-select-page]")) {
    const own = boxes(whole.closest("table") ?? document);
    const chosen = own.filter((box) => box.checked || every?.checked);
    whole.checked = own.length > 0 && chosen.length === own.length;
    whole.indeterminate = chosen.length > 0 && chosen.length < own.length;
  }
  for (const words of document.querySelectorAll<HTMLElement>("[data-chosen]")) {
    const form = words.closest("form");
    const count = boxes().filter((box) => box.form === form && (box.checked || every?.checked)).length;
    let said = words.querySelector<HTMLElement>("output");
    if (!said) words.append(" ", (said = document.createElement("output")));
    said.textContent = every?.checked ? "" : String(count || "");
  }
}

export function startSelection(): void {
  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
    const all = boxes(box.closest("table") ?? document);
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
