// Parts of a page that reload themselves (the tag {% refresh %}): a page in the background does not ask; when the server cannot be
// reached, #connection says so, and what stands on the page stays.

import { isBusy } from "./busy";

interface Asked {
  elt: Element;
  xhr: XMLHttpRequest;
}

const asked = (event: Event): Asked => (event as CustomEvent<Asked>).detail;

function say(reachable: boolean): void {
  const banner = document.getElementById("connection");
  if (banner) banner.hidden = reachable;
}

export function startPolling(): void {
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && asked(event).elt.matches('[hx-trigger^="every "]')) event.preventDefault();
  });
  document.addEventListener("htmx:sendError", () => say(false));
  document.addEventListener("htmx:timeout", () => say(false));
  document.addEventListener("htmx:afterOnLoad", (event) => {
    const { xhr } = asked(event);
    say(xhr.status < 502 || isBusy(xhr)); // of a proxy in front comes 502 and above
  });
  window.addEventListener("offline", () => say(false));
  window.addEventListener("online", () => say(true));
}
