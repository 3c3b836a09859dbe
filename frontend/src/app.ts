// Loaded by every page. Pages are complete without it: it makes them quicker, keeps clocks running and pages fresh.
import htmx from "htmx.org";

import "./app.css";
import "./command.css";
import "./islands.css";
import { startBusy } from "./app/busy";
import { startClocks } from "./app/clocks";
import { startComforts } from "./app/comforts";
import { startModules } from "./app/modules";
import { startNavigation } from "./app/navigation";
import { startPolling } from "./app/polling";
import { startSelection } from "./app/selection";
import { startTyped } from "./app/typed";

// No eval, no styles of its own, no page kept in the browser's storage: a page may hold personal data.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.allowScriptTags = false;
htmx.config.historyCacheSize = 0;
htmx.config.refreshOnHistoryMiss = true;

// Pages give the token with every request (hx-headers on the body); a page that does not is helped out by the cookie.
document.addEventListener("htmx:configRequest", (event) => {
  const { verb, headers } = (event as CustomEvent<{ verb: string; headers: Record<string, string> }>).detail;
  const cookie = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1];
  if (verb !== "get" && cookie) headers["X-CSRFToken"] ??= cookie;
});

startBusy();
startClocks();
startPolling();
startModules();
startSelection();
startComforts();
startNavigation();
startTyped();

declare global {
  interface Window {
    htmx: typeof htmx;
  }
}
window.htmx = htmx;
