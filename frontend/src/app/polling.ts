// Fragments that fetch themselves again: <section data-poll hx-get="…" hx-trigger="every 20s" hx-swap="outerHTML">.
// A page in the background does not ask; a page that was signed out goes to the sign-in page as a whole; when the server
// cannot be reached, #connection says so, and what stands on the page stays.

interface Answer {
  elt: Element;
  xhr: XMLHttpRequest;
  shouldSwap: boolean;
  pathInfo: { finalRequestPath?: string; requestPath: string };
}

const answer = (event: Event): Answer => (event as CustomEvent<Answer>).detail;

function say(reachable: boolean): void {
  const banner = document.getElementById("connection");
  if (banner) banner.hidden = reachable;
}

export function startPolling(): void {
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt } = answer(event);
    if (document.hidden && elt.matches("[data-poll]")) event.preventDefault();
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, headers } = (event as CustomEvent<{ elt: Element; headers: Record<string, string> }>).detail;
    if (elt.matches("[data-poll]")) headers["X-Poll"] = "1";
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = answer(event);
    const signIn = document.querySelector<HTMLMetaElement>('meta[name="sign-in"]')?.content;
    if (signIn && xhr.responseURL && new URL(xhr.responseURL).pathname === signIn) {
      event.preventDefault();
      location.reload();
    }
  });
  document.addEventListener("htmx:sendError", () => say(false));
  document.addEventListener("htmx:responseError", (event) => answer(event).xhr.status >= 502 && say(false));
  document.addEventListener("htmx:afterOnLoad", () => say(true));
  window.addEventListener("offline", () => say(false));
  window.addEventListener("online", () => say(true));
}
