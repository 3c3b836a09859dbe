// The bar above the picture: find a case, colour, unroll by day, all links, zoom.
import { element, wrap } from "../island";
import { type Chains, dateOf, fill, lastDay, type Word } from "./data";
import { caseButton, type Choose } from "./telling";
import { type Mode, MODES, type View } from "./view";

const STEP = 350; // milliseconds a day when it plays

export interface Acts {
  choose: Choose;
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
      labelled(word("search"), find),
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

  private search(): { find: HTMLInputElement; hits: HTMLElement } {
    const find = element("input");
    find.type = "search";
    find.placeholder = this.word("search_hint");
    find.autocomplete = "off";
    const hits = element("span", "lf-hits");
    hits.setAttribute("role", "status");
    const look = (jump: boolean) => {
      const typed = find.value.trim().toLowerCase();
      hits.replaceChildren();
      if (!typed) return this.acts.choose(-1, false);
      const { id } = this.view.chains.nodes;
      const found = matches(this.view.chains, typed);
      const exact = found.find((n) => id[n]!.toLowerCase() === typed) ?? (jump || found.length === 1 ? found[0] : undefined);
      if (!found.length) hits.textContent = this.word("nothing");
      else if (exact !== undefined) this.acts.choose(exact, true);
      else for (const n of found.slice(0, 6)) hits.append(caseButton(this.view, n, this.acts.choose, () => (find.value = id[n]!)));
    };
    find.addEventListener("input", () => look(false));
    find.addEventListener("keydown", (event) => {
      if (event.key === "Enter") look(true);
      if (event.key === "Escape") {
        find.value = "";
        look(false);
      }
    });
    return { find, hits };
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
