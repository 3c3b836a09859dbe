// The bar above the picture: find cases by id, name or phone, colour, unroll by day, all links, zoom.
import { element, follow, token, wrap } from "../island";
import { type Chains, dateOf, fill, lastDay, type Word } from "./data";
import { caseButton, type Choose } from "./telling";
import { type Mode, MODES, type View } from "./view";

const STEP = 350; // milliseconds a day when it plays

interface Answer {
  cases: string[];
  /** How many more fit. */
  more: number;
}

export interface Acts {
  choose: Choose;
  /** Show these cases before the rest; none: show everything alike. */
  mark(found: number[]): void;
  /** Show the cases up to a day; Infinity: all. */
  show(day: number): void;
  colourBy(mode: Mode): void;
  /** Draw the less likely links too. */
  drawAll(all: boolean): void;
  zoom(how: "closer" | "farther" | "whole"): void;
}

export class Controls {
  readonly bar: HTMLElement;
  private readonly last: number;
  private readonly slider = element("input");
  private readonly until = element("output");
  private readonly count = element("span", "lf-count");
  private readonly play = element("button");
  private playing = 0;
  private steps: number[] = []; // the cases that the server found, as far as they are drawn
  private at = -1; // where among them
  private undrawn = 0; // found, and not drawn
  private cut = false; // more fit than were answered
  private words = ""; // what was looked for
  private asked = 0; // counts what was typed and asked: a late answer is known by it

  constructor(
    private readonly view: View,
    private readonly word: Word,
    private readonly acts: Acts,
  ) {
    this.last = lastDay(view.chains);
    this.count.setAttribute("role", "status");
    const { find, hits } = this.search();
    this.bar = wrap(
      "div",
      "lf-bar",
      find,
      hits,
      labelled(word("colour"), this.colours()),
      this.time(),
      this.tick(),
      wrap("span", "lf-zooms", this.camera("closer", "+"), this.camera("farther", "−"), this.camera("whole", "⤢")),
      this.count,
    );
    if (word("drawn")) this.bar.append(element("span", "lf-count", word("drawn")));
  }

  /** Say up to which day cases are shown, and how many. */
  tell(): void {
    const { chains, shown } = this.view;
    const words = dateOf(chains, Math.min(shown, this.last));
    this.until.textContent = words;
    this.slider.setAttribute("aria-valuetext", words);
    const number = shown === Infinity ? chains.nodes.id.length : chains.nodes.x.filter((x) => x <= shown).length;
    this.count.textContent = fill(this.word("shown"), String(number));
  }

  close(): void {
    window.clearInterval(this.playing);
    this.bar.remove();
  }

  // What is typed is compared with the ids that are here; names and telephones are not here: the server looks for those,
  // when it is asked to, and answers ids alone.
  private search(): { find: HTMLElement; hits: HTMLElement } {
    const find = element("input");
    find.type = "search";
    find.placeholder = this.word("search_hint");
    find.autocomplete = "off";
    find.spellcheck = false;
    find.maxLength = 80;
    const ask = element("button", "", this.word("find"));
    ask.type = "button";
    const hits = element("span", "lf-hits");
    hits.setAttribute("role", "status");
    const { id } = this.view.chains.nodes;
    const look = () => {
      this.asked += 1; // an answer that is still to come is about other words
      const typed = find.value.trim().toLowerCase();
      hits.replaceChildren();
      this.steps = [];
      this.acts.mark([]);
      if (!typed) return this.acts.choose(-1, false);
      const found = matches(this.view.chains, typed);
      const exact = found.find((n) => id[n]!.toLowerCase() === typed) ?? (found.length === 1 ? found[0] : undefined);
      if (!found.length) hits.textContent = this.word("nothing");
      else if (exact !== undefined) this.acts.choose(exact, true);
      else for (const n of found.slice(0, 6)) hits.append(caseButton(this.view, n, this.acts.choose, () => (find.value = id[n]!)));
    };
    const go = async () => {
      const typed = find.value.trim();
      if (!typed) return;
      if (this.steps.length > 1 && this.words === typed) return this.step(1, hits);
      const exact = id.findIndex((one) => one.toLowerCase() === typed.toLowerCase());
      if (exact >= 0) return this.acts.choose(exact, true);
      hits.textContent = this.word("finding");
      const mine = (this.asked += 1);
      const answer = await this.answer(typed);
      if (mine !== this.asked) return;
      if (answer === null) {
        hits.textContent = this.word("find_failed");
        return;
      }
      const number = new Map(id.map((one, n) => [one, n]));
      const drawn = answer.cases.map((one) => number.get(one)).filter((n) => n !== undefined);
      this.words = typed;
      this.steps = drawn;
      this.undrawn = answer.cases.length - drawn.length;
      this.cut = answer.more > 0;
      this.at = -1;
      this.acts.mark(drawn);
      this.step(1, hits);
    };
    find.addEventListener("input", look);
    ask.addEventListener("click", () => void go());
    find.addEventListener("keydown", (event) => {
      if (event.key === "Enter") void go();
      if (event.key === "Escape") {
        find.value = "";
        look();
      }
    });
    return { find: wrap("span", "lf-find", labelled(this.word("search"), find), ask), hits };
  }

  /** The ids of the cases that fit; null where the server did not say. What was typed goes in the body, never in an address. */
  private async answer(typed: string): Promise<Answer | null> {
    try {
      const told = await fetch(this.view.chains.search_url, {
        method: "POST",
        body: new URLSearchParams({ q: typed }),
        headers: { Accept: "application/json", "HX-Request": "true", "HX-Current-URL": location.href, "X-CSRFToken": token() },
        credentials: "same-origin",
      });
      const elsewhere = told.headers.get("HX-Redirect");
      if (elsewhere) follow(elsewhere);
      if (!told.ok || told.status === 204) return null;
      return (await told.json()) as Answer;
    } catch {
      return null;
    }
  }

  /** Go on among the cases that were found, and say which of how many it is. */
  private step(by: 1 | -1, hits: HTMLElement): void {
    const { steps } = this;
    const more = this.undrawn ? element("span", "", fill(this.word("undrawn"), String(this.undrawn))) : "";
    if (!steps.length) {
      this.acts.choose(-1, false);
      return hits.replaceChildren(this.undrawn ? more : this.word("nobody_found"));
    }
    this.at = (this.at + by + steps.length) % steps.length;
    const back = this.stepper("previous", "‹", () => this.step(-1, hits));
    const on = this.stepper("next", "›", () => this.step(1, hits));
    const focused = (document.activeElement as HTMLElement | null)?.dataset.step;
    const where = element("span", "lf-count", fill(this.word(this.cut ? "of_first" : "of"), String(this.at + 1), String(steps.length)));
    hits.replaceChildren(...(steps.length > 1 ? [back, where, on] : [where]), more);
    if (focused) (focused === "next" ? on : back).focus();
    this.acts.choose(steps[this.at]!, true);
  }

  private stepper(name: "previous" | "next", sign: string, act: () => void): HTMLElement {
    const button = element("button", "lf-zoom", sign);
    button.type = "button";
    button.dataset.step = name;
    button.setAttribute("aria-label", this.word(name));
    button.title = this.word(name);
    button.addEventListener("click", act);
    return button;
  }

  private colours(): HTMLElement {
    const colours = element("select");
    for (const mode of MODES) colours.append(new Option(this.word(mode), mode));
    colours.addEventListener("change", () => this.acts.colourBy(colours.value as Mode));
    return colours;
  }

  private time(): HTMLElement {
    Object.assign(this.slider, { type: "range", min: "0", max: String(this.last), step: "1", value: String(this.last) });
    this.slider.addEventListener("input", () => this.show());
    this.play.type = "button";
    this.play.textContent = this.word("play");
    this.play.addEventListener("click", () => {
      if (this.playing) return this.stop();
      if (Number(this.slider.value) >= this.last) this.slider.value = "0";
      this.play.textContent = this.word("pause");
      this.show();
      this.playing = window.setInterval(() => {
        this.slider.value = String(Number(this.slider.value) + 1);
        this.show();
        if (Number(this.slider.value) >= this.last) this.stop();
      }, STEP);
    });
    const day = labelled(this.word("until"), this.slider);
    day.append(this.until);
    return wrap("span", "lf-time", day, this.play);
  }

  private show(): void {
    const day = Number(this.slider.value);
    this.acts.show(day >= this.last ? Infinity : day);
  }

  private stop(): void {
    window.clearInterval(this.playing);
    this.playing = 0;
    this.play.textContent = this.word("play");
  }

  private tick(): HTMLElement {
    const box = element("input");
    box.type = "checkbox";
    box.addEventListener("change", () => this.acts.drawAll(box.checked));
    const label = element("label");
    label.append(box, ` ${this.word("all")}`);
    return label;
  }

  private camera(how: "closer" | "farther" | "whole", sign: string): HTMLElement {
    const button = element("button", "lf-zoom", sign);
    button.type = "button";
    button.setAttribute("aria-label", this.word(how));
    button.title = this.word(how);
    button.addEventListener("click", () => this.acts.zoom(how));
    return button;
  }
}

/** The cases whose id holds what was typed, the shortest first. */
function matches(chains: Chains, typed: string): number[] {
  const { id } = chains.nodes;
  const found = id.flatMap((one, n) => (one.toLowerCase().includes(typed) ? [n] : []));
  return found.sort((a, b) => id[a]!.length - id[b]!.length);
}

function labelled(words: string, control: HTMLElement): HTMLElement {
  const label = element("label", "", `${words} `);
  label.append(control);
  return label;
}
