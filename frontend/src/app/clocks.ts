// Running clocks and the age of what is shown.
//
//   <span class="clock" data-due="2021-08-05T23:30:00+08:00" data-left="剩 {t}" data-over="超 {t}" data-units="天,时,分,秒">
//     <span data-clock-words>剩 1 时 20 分</span>
//   </span>
//   <time data-as-of="2021-08-05T22:10:00+08:00" data-stale-after="90" data-stale="已 {t} 未更新"></time>
//
// The words stand in the page as the server wrote them; here they are kept true. The server's time rules
// (<meta name="server-now" content="…">): a workstation's clock may be wrong.

let ahead = 0;

const now = (): number => Date.now() + ahead;

/** A length of time in at most two units; seconds only below an hour, and always, so that a running clock is seen to run. */
export function spoken(milliseconds: number, units: string[]): string {
  const seconds = Math.floor(Math.abs(milliseconds) / 1000);
  const parts = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  const first = Math.min(
    parts.findIndex((part) => part > 0) === -1 ? 3 : parts.findIndex((part) => part > 0),
    2,
  );
  return parts
    .slice(first, first + 2)
    .map((part, n) => `${n ? String(part).padStart(2, "0") : part} ${units[first + n] ?? ""}`)
    .join(" ");
}

function tick(): void {
  for (const clock of document.querySelectorAll<HTMLElement>("[data-due]")) {
    const due = Date.parse(clock.dataset.due ?? "");
    if (Number.isNaN(due)) continue;
    const left = due - now();
    const units = (clock.dataset.units ?? "d,h,min,s").split(",");
    const form = (left < 0 ? clock.dataset.over : clock.dataset.left) ?? "{t}";
    const words = clock.querySelector<HTMLElement>("[data-clock-words]") ?? clock;
    const text = form.replace("{t}", spoken(left, units));
    if (words.textContent !== text) words.textContent = text;
    const soon = Number(clock.dataset.soonMinutes ?? 30) * 60_000;
    clock.classList.toggle("is-over", left < 0);
    clock.classList.toggle("is-soon", left >= 0 && left < soon);
  }
  for (const stamp of document.querySelectorAll<HTMLElement>("[data-as-of]")) {
    const age = now() - Date.parse(stamp.dataset.asOf ?? "");
    const stale = age > Number(stamp.dataset.staleAfter ?? 90) * 1000;
    stamp.classList.toggle("is-stale", stale);
    const note = stamp.querySelector<HTMLElement>("[data-stale-words]");
    if (!note) continue;
    const text = stale ? (stamp.dataset.stale ?? "").replace("{t}", spoken(age, (stamp.dataset.units ?? "d,h,min,s").split(","))) : "";
    if (note.textContent !== text) note.textContent = text;
  }
}

export function startClocks(): void {
  const served = document.querySelector<HTMLMetaElement>('meta[name="server-now"]')?.content;
  if (served) ahead = Date.parse(served) - Date.now();
  if (Number.isNaN(ahead)) ahead = 0;
  tick();
  window.setInterval(() => document.hidden || tick(), 1000);
  document.addEventListener("visibilitychange", tick);
  document.addEventListener("htmx:afterSettle", tick);
}
