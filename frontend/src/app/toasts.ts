// What was just done, and the way back: a [data-toast] that comes into the page takes the focus to its undo button, unless the
// reader is writing; it goes away by itself after data-seconds (default 20), never while it is pointed at or has the focus.

function writing(): boolean {
  const active = document.activeElement;
  return active instanceof HTMLElement && active.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");
}

function welcome(toast: HTMLElement): void {
  if (toast.dataset.toast === "seen") return;
  toast.dataset.toast = "seen";
  const undo = toast.querySelector<HTMLElement>("[data-undo]");
  if (undo && !writing()) undo.focus({ preventScroll: true });
  const seconds = Number(toast.dataset.seconds ?? 20);
  if (!seconds) return;
  const leave = () => {
    if (!toast.isConnected) return;
    const held = toast.matches(":hover") || (toast.matches(":focus-within") && document.hasFocus());
    if (held) window.setTimeout(leave, 2000);
    else toast.remove();
  };
  window.setTimeout(leave, seconds * 1000);
}

export function startToasts(): void {
  const look = () => document.querySelectorAll<HTMLElement>("[data-toast]").forEach(welcome);
  look();
  document.addEventListener("htmx:afterSettle", look);
  document.addEventListener("click", (event) => {
    const close = (event.target as Element).closest("[data-toast-close]");
    close?.closest("[data-toast]")?.remove();
  });
}
