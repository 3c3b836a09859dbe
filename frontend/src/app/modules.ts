// A part of a page that is loaded by itself may hold islands: its element names their modules (data-modules, addresses parted by
// spaces), since a script in what is swapped in is not run. A module that is there already is not loaded again.

export function startModules(): void {
  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.target as Element;
    for (const one of [part, ...part.querySelectorAll("[data-modules]")]) {
      const named = one instanceof HTMLElement ? (one.dataset.modules ?? "") : "";
      for (const address of named.split(" ").filter(Boolean)) load(address);
    }
  });
}

function load(address: string): void {
  const url = new URL(address, document.baseURI);
  if (url.origin !== location.origin) return;
  if ([...document.scripts].some((script) => script.src === url.href)) return;
  const script = document.createElement("script");
  script.type = "module";
  script.src = url.href;
  document.head.append(script);
}
