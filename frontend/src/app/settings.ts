// Light or dark, language, and small comforts. The choice of theme is a cookie, so that the server draws the next page right at once.

function setTheme(theme: string): void {
  const root = document.documentElement;
  if (theme === "auto") root.removeAttribute("data-theme");
  else root.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  for (const button of document.querySelectorAll<HTMLElement>("[data-set-theme]")) {
    button.setAttribute("aria-pressed", String(button.dataset.setTheme === theme));
  }
}

export function startSettings(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const button = target.closest<HTMLElement>("button[data-set-theme]");
    if (button) {
      event.preventDefault(); // without this file the button sends its form, and the server sets the cookie
      setTheme(button.dataset.setTheme ?? "auto");
    }
    for (const open of document.querySelectorAll<HTMLDetailsElement>("details[data-popover][open]")) {
      if (!open.contains(target)) open.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const open of document.querySelectorAll<HTMLDetailsElement>("details[data-popover][open]")) {
      open.open = false;
      open.querySelector("summary")?.focus();
    }
  });
  document.addEventListener("change", (event) => {
    const target = event.target as HTMLElement;
    if (target.matches("select[data-submit]")) (target as HTMLSelectElement).form?.requestSubmit();
  });
  // A button that sends a form twice would report twice; keys made by the client make it harmless, this makes it rare.
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (!form.matches("[data-once]") || event.defaultPrevented) return;
    const buttons = form.querySelectorAll<HTMLButtonElement>("button[type=submit], button:not([type])");
    window.setTimeout(() => buttons.forEach((button) => (button.disabled = true)));
    window.addEventListener("pageshow", () => buttons.forEach((button) => (button.disabled = false)), { once: true });
  });
}
