// Running clocks and the age of what is shown.
//
// The server writes each clock in full: <span class="clock info" data-due="…">(shape)<span class="state">…</span>
// <span class="left">…</span> … </span>; here its words are kept true, from the same forms (<meta name="clock-words">), and by the
// server's time (its "now"), since a workstation's clock may be wrong.
//
// <p data-as-of="ISO time" data-stale-after="90"><span data-stale-words hidden>…</span></p> shows its words once the time is older.

interface ClockWords {
  now: string;
  left: string;
  over: string;
  soon_minutes: number;
  /** Forms with {n}: one and many of days, hours, minutes, seconds. */
  units: [string, string][];
  states: Record<State, { word: string; tone: string; shape: string }>;
}

type State = "running" | "soon" | "late";

const SECONDS = [86400, 3600, 60, 1];

let words: ClockWords | null = null;
let ahead = 0;

const now = (): number => Date.now() + ahead;

/** A length of time by its two largest units; seconds only below an hour, where they show that the clock runs. */
export function spoken(milliseconds: number, units: [string, string][]): string {
  let rest = Math.floor(Math.abs(milliseconds) / 1000);
  const parts = SECONDS.map((size, n) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return { n, count };
  });
  const first = parts.findIndex((part) => part.count > 0);
  if (first === -1) return form(units[3], 0);
  const shown = parts.slice(first, first + 2).filter((part) => part.count > 0 && (part.n < 3 || first >= 2));
  return shown.map((part) => form(units[part.n], part.count)).join(" ");
}

const form = (unit: [string, string] | undefined, count: number): string =>
  (unit?.[count === 1 ? 0 : 1] ?? "{n}").replace("{n}", String(count));

function tick(): void {
  if (!words) return;
  for (const clock of document.querySelectorAll<HTMLElement>(".clock[data-due]")) show(clock, words);
  for (const stamp of document.querySelectorAll<HTMLElement>("[data-as-of]")) {
    const stale = now() - Date.parse(stamp.dataset.asOf ?? "") > Number(stamp.dataset.staleAfter ?? 90) * 1000;
    stamp.classList.toggle("stale", stale);
    const note = stamp.querySelector<HTMLElement>("[data-stale-words]");
    if (note) note.hidden = !stale;
  }
}

function show(clock: HTMLElement, forms: ClockWords): void {
  const left = Date.parse(clock.dataset.due ?? "") - now();
  if (Number.isNaN(left)) return;
  const state: State = left < 0 ? "late" : left < forms.soon_minutes * 60_000 ? "soon" : "running";
  if (clock.dataset.state !== state) {
    clock.dataset.state = state;
    const { word, tone, shape } = forms.states[state];
    for (const one of Object.values(forms.states)) clock.classList.toggle(one.tone, one.tone === tone);
    put(clock.querySelector(".state"), word);
    const icon = clock.querySelector("svg.icon");
    if (icon) icon.outerHTML = shape;
  }
  put(clock.querySelector(".left"), (left < 0 ? forms.over : forms.left).replace("{t}", spoken(left, forms.units)));
}

function put(where: Element | null, text: string): void {
  if (where && where.textContent !== text) where.textContent = text;
}

export function startClocks(): void {
  const written = document.querySelector<HTMLMetaElement>('meta[name="clock-words"]')?.content;
  if (!written) return;
  words = JSON.parse(written) as ClockWords;
  const offset = Date.parse(words.now) - Date.now();
  // A page from the browser's own store is old by itself: only a clock that is ahead of the server's is told apart from that.
  ahead = performance.getEntriesByType("navigation").some((entry) => "type" in entry && entry.type === "back_forward") ? 0 : offset;
  if (Number.isNaN(ahead)) ahead = 0;
  tick();
  window.setInterval(() => document.hidden || tick(), 1000);
  document.addEventListener("visibilitychange", tick);
  document.addEventListener("htmx:afterSettle", tick);
}
