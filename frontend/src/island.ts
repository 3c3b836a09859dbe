// What map, chart and graph have in common: read JSON, draw it, draw it again when it changes, and say the same in words.
//
//   <lf-epicurve data-src="/command/epicurve.json" data-every="20">
//     <div data-fallback> … what the server shows where nothing is drawn … </div>
//   </lf-epicurve>
//
// data-src   where the JSON is; or data-from, the id of a <script type="application/json"> in the page
// data-every seconds between two reads of data-src; absent: read once, and at the event "lf:refresh" on the document

export interface Words {
  [name: string]: string;
}

export interface Said {
  words?: Words;
}

export abstract class Island<Data extends Said> extends HTMLElement {
  protected stage!: HTMLElement;
  protected data: Data | null = null;
  private note!: HTMLElement;
  private told: HTMLElement | null = null;
  private timer = 0;
  private waiting = false;
  private last = "";
  private watched: (() => void)[] = [];

  connectedCallback(): void {
    if (this.stage) this.replaceChildren(...[...this.children].filter((child) => child.matches("[data-fallback]")));
    this.stage = element("div", "lf-stage");
    this.note = element("p", "lf-note");
    this.note.setAttribute("role", "status");
    this.note.hidden = true;
    this.prepend(this.stage, this.note);

    const again = () => void this.refresh();
    document.addEventListener("lf:refresh", again);
    const shown = () => {
      if (!document.hidden) again();
    };
    document.addEventListener("visibilitychange", shown);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const recolour = () => this.data && this.stage.isConnected && this.restyle();
    dark.addEventListener("change", recolour);
    const theme = new MutationObserver(recolour);
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "class"] });
    const size = new ResizeObserver(() => this.data && this.resize());
    size.observe(this.stage);
    this.watched = [
      () => document.removeEventListener("lf:refresh", again),
      () => document.removeEventListener("visibilitychange", shown),
      () => dark.removeEventListener("change", recolour),
      () => theme.disconnect(),
      () => size.disconnect(),
    ];
    const every = Number(this.dataset.every);
    if (every > 0) this.timer = window.setInterval(() => document.hidden || again(), Math.max(every, 5) * 1000);
    again();
  }

  disconnectedCallback(): void {
    window.clearInterval(this.timer);
    this.watched.forEach((stop) => stop());
    this.watched = [];
    this.data = null;
    this.last = "";
    this.close();
  }

  /** Read the data again and draw what has changed; what stands there stays until the new data has come. */
  async refresh(): Promise<void> {
    if (this.waiting) return;
    this.waiting = true;
    try {
      const text = await this.read();
      if (!this.isConnected) return;
      this.note.hidden = true;
      if (text === this.last) return;
      const data = JSON.parse(text) as Data;
      const first = this.data === null;
      this.data = data;
      this.stage.hidden = false;
      await this.draw(data, first);
      this.tell(data);
      this.last = text;
      this.toggleAttribute("data-drawn", true);
    } catch (problem) {
      this.fail(problem);
    } finally {
      this.waiting = false;
    }
  }

  protected word(name: string): string {
    return this.data?.words?.[name] ?? "";
  }

  /** Draw the data on the stage; `first` when nothing is drawn yet. */
  protected abstract draw(data: Data, first: boolean): void | Promise<void>;
  /** Take the colours of the page again. */
  protected abstract restyle(): void;
  protected abstract resize(): void;
  /** Let go of what draws. */
  protected abstract close(): void;
  /** The same in a table, for those who do not see the picture or want the numbers. */
  protected abstract table(data: Data): HTMLTableElement | null;

  private async read(): Promise<string> {
    const from = this.dataset.from;
    if (from) return document.getElementById(from)?.textContent ?? "{}";
    const answer = await fetch(this.dataset.src ?? "", {
      // As htmx asks: a reader who is signed out is told where to go. Reading again is not being at work.
      headers: { Accept: "application/json", "HX-Request": "true", ...(this.data === null ? {} : { "Lianfang-Refresh": "1" }) },
      credentials: "same-origin",
    });
    const elsewhere = answer.headers.get("HX-Redirect");
    if (elsewhere) {
      window.clearInterval(this.timer);
      follow(elsewhere);
    }
    if (!answer.ok || answer.status === 204) throw new Error(`${answer.status}`);
    return answer.text();
  }

  private tell(data: Data): void {
    const table = this.table(data);
    const told = table !== null || !this.stage.hidden;
    this.querySelectorAll<HTMLElement>(":scope > [data-fallback]").forEach((child) => (child.hidden = told));
    if (table === null) {
      this.told?.remove();
      return;
    }
    const open = this.told instanceof HTMLDetailsElement && this.told.open;
    const details = element("details", "lf-told");
    details.open = open;
    details.append(element("summary", "", this.word("table")), wrap("div", "lf-scroll", table));
    if (this.told?.isConnected) this.told.replaceWith(details);
    else this.append(details);
    this.told = details;
  }

  private fail(problem: unknown): void {
    if (!this.isConnected) return;
    console.warn(`${this.localName}: ${String(problem)}`);
    const words = this.word("failed") || this.dataset.failed || "";
    this.note.textContent = words;
    this.note.hidden = !words;
    if (this.hasAttribute("data-drawn")) return; // the last picture stays
    this.stage.hidden = true;
    if (this.data !== null) this.tell(this.data); // it was read, but cannot be drawn here
  }
}

export function element<K extends keyof HTMLElementTagNameMap>(name: K, style = "", text = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  if (style) made.className = style;
  if (text) made.textContent = text;
  return made;
}

export function wrap(name: "div" | "span", style: string, ...inside: Node[]): HTMLElement {
  const made = element(name, style);
  made.append(...inside);
  return made;
}

export type Cell = string | number | { text: string; url?: string | undefined };

/** A table of plain cells; numbers stand right, a cell with a url is a link. */
export function tableOf(caption: string, head: string[], rows: Cell[][]): HTMLTableElement {
  const table = element("table", "lf-table");
  if (caption) table.append(element("caption", "", caption));
  const heads = table.createTHead().insertRow();
  for (const name of head) {
    const cell = element("th", "", name);
    cell.scope = "col";
    heads.append(cell);
  }
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach((value, column) => {
      const cell = column === 0 ? element("th") : element("td");
      if (column === 0) (cell as HTMLTableCellElement).scope = "row";
      if (typeof value === "number") cell.className = "lf-number";
      if (typeof value === "object" && value.url) {
        const link = element("a", "", value.text);
        link.href = value.url;
        cell.append(link);
      } else cell.textContent = typeof value === "object" ? value.text : String(value);
      line.append(cell);
    });
  }
  return table;
}

/** What a request that is no GET has to carry: the page's token, which base.html gives to htmx as well. */
export function token(): string {
  const given = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}") as Record<string, string>;
  return given["X-CSRFToken"] ?? /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

/** The colours of the page, from its custom properties (islands.css), light or dark as it stands now. */
export function colour(of: Element, name: string): string {
  return getComputedStyle(of).getPropertyValue(`--lf-${name}`).trim() || "#888";
}

/** Go where a mark in a picture leads; only addresses of this site. */
export function follow(url: string | undefined): void {
  if (!url) return;
  const target = new URL(url, location.href);
  if (target.origin === location.origin) location.assign(target.href);
}

export const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;
