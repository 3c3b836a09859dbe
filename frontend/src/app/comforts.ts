// Small comforts: what was just done can be undone from the keyboard (the button that did it keeps the focus where it still stands),
// what has to be corrected has the focus, and what was opened over the page closes by Escape.

/** Whether somebody is at work on the page: the button that was pressed has kept the focus, or something is being typed. */
function atWork(): boolean {
  const active = document.activeElement;
  return active instanceof HTMLElement && active.closest("main") !== null && active.id !== "main";
}

function greet(): void {
  for (const message of document.querySelectorAll<HTMLElement>("#messages .message:not([data-seen])")) {
    message.dataset.seen = "";
    for (const close of message.querySelectorAll<HTMLElement>("[data-close]")) close.hidden = false;
    const undo = message.querySelector<HTMLElement>("form[action] button");
    if (undo && !atWork()) undo.focus({ preventScroll: true });
  }
  const wrong = document.querySelector<HTMLElement>("[data-focus]:not([data-seen])");
  if (wrong) {
    wrong.dataset.seen = "";
    wrong.focus();
  }
}

export function startComforts(): void {
  greet();
  document.addEventListener("htmx:afterSettle", greet);
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    target.closest("[data-close]")?.closest(".message")?.remove();
    for (const open of document.querySelectorAll<HTMLDetailsElement>("details.why[open]")) {
      if (!open.contains(target)) open.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const open of document.querySelectorAll<HTMLDetailsElement>("details.why[open]")) {
      const held = open.contains(document.activeElement);
      open.open = false;
      if (held) open.querySelector("summary")?.focus();
    }
  });
  // Sending a form twice is harmless (keys are made by whoever reports); this makes it rare.
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (!form.matches(".form") || event.defaultPrevented) return;
    const buttons = [...form.querySelectorAll<HTMLButtonElement>("button")];
    window.setTimeout(() => buttons.forEach((button) => (button.disabled = true)));
    window.addEventListener("pageshow", () => buttons.forEach((button) => (button.disabled = false)), { once: true });
  });
}
