// Loaded by every page. Pages are complete without it: it makes them quicker, keeps clocks running and pages fresh.
import htmx from "htmx.org";

import "./app.css";
import "./islands.css";
import { startClocks } from "./app/clocks";
import { startPolling } from "./app/polling";
import { startSelection } from "./app/selection";
import { startSettings } from "./app/settings";
import { startToasts } from "./app/toasts";

// No eval, no styles of its own, no page kept in the browser's storage: a page may hold personal data.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.allowScriptTags = false;
htmx.config.historyCacheSize = 0;
htmx.config.refreshOnHistoryMiss = true;

function token(): string {
  const named = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content;
  return named || /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] || "";
}

document.addEventListener("htmx:configRequest", (event) => {
  const { verb, headers } = (event as CustomEvent<{ verb: string; headers: Record<string, string> }>).detail;
  if (verb !== "get") headers["X-CSRFToken"] = token();
});

startClocks();
startPolling();
startSelection();
startSettings();
startToasts();

declare global {
  interface Window {
    htmx: typeof htmx;
  }
}
window.htmx = htmx;
