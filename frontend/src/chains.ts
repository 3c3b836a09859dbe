// <lf-chains>: the chains of a whole outbreak, thousands of cases. The server places the nodes; here they are drawn,
// coloured, searched and unrolled day by day. Everything that the picture shows of one case stands in words beneath it.
import Graph from "graphology";
import Sigma from "sigma";
import { EdgeArrowProgram, EdgeLineProgram, type NodeHoverDrawingFunction, type NodeLabelDrawingFunction } from "sigma/rendering";

import { calm, colour, element, Island, type Said, wrap } from "./island";

interface Columns {
  id: string[];
  x: number[];
  y: number[];
  size: number[];
  generation: number[];
  kind: string[];
  known: boolean[];
  town: string[];
  setting: string[];
}

/** `edges` name nodes by their place in `nodes`; `words` are listed in lianfang.tracing.cluster_panels.graph_words. */
interface Chains extends Said {
  nodes: Columns;
  edges: { source: number[]; target: number[]; weight: number[]; tree: number[] };
  /** The day of x = 0. */
  first: string;
  case_url: string;
  names: Record<"kind" | "setting" | "town", Record<string, string>>;
}

const MODES = ["generation", "setting", "town", "kind"] as const;
type Mode = (typeof MODES)[number];

const GENERATIONS = 7; // 0 … 5, and all later ones
const TOWNS = 8;
const MANY = 400; // from here on names stand beside large or near nodes only
const LIKELY = 0.1; // a candidate that weighs less is drawn only when all links are asked for
const STEP = 350; // milliseconds a day when it plays

class OutbreakChains extends Island<Chains> {
  private sigma: Sigma | null = null;
  private graph: Graph | null = null;
  private bar: HTMLElement | null = null;
  private legend = element("div", "lf-legend");
  private choice = element("div", "lf-chosen");
  private axis = element("canvas", "lf-axis");
  private printed = element("canvas", "lf-printed");
  private slider = element("input");
  private until = element("output");
  private count = element("span", "lf-count");
  private mode: Mode = "generation";
  private groups: string[] = []; // group of each node under the mode
  private shown = Infinity; // the last day that is shown
  private single: string | null = null; // the group that is singled out
  private chosen: number | null = null;
  private near = new Set<number>();
  private all = false;
  private playing = 0;
  private palette = new Map<string, string>();
  private infector: Int32Array = new Int32Array();
  private infected: number[][] = [];
  private weightOf: Float64Array = new Float64Array();
  private ratio = 1;
  private lastDay = 1;
  private letters = "sans-serif";
  private beforePrint = () => this.print();

  protected draw(chains: Chains): void {
    this.index(chains);
    if (!this.bar) this.controls(chains);
    this.recolour();
    this.build(chains);
    this.legends();
    this.tellShown();
    const asked = decodeURIComponent(/^#case=(.+)$/.exec(location.hash)?.[1] ?? "");
    if (asked) this.choose(chains.nodes.id.indexOf(asked), false);
  }

  protected restyle(): void {
    this.recolour();
    this.sigma?.setSetting("labelColor", { color: colour(this, "ink") });
    this.legends();
    this.sigma?.refresh({ skipIndexation: true });
  }

  protected resize(): void {
    if (this.data && Math.abs(this.shape() / this.ratio - 1) > 0.15) {
      this.place(this.data);
      this.sigma?.refresh();
    }
    this.sigma?.resize();
    this.sigma?.refresh({ skipIndexation: true });
  }

  protected close(): void {
    window.clearInterval(this.playing);
    window.removeEventListener("beforeprint", this.beforePrint);
    this.sigma?.kill();
    this.sigma = null;
    this.bar?.remove();
    this.bar = null;
  }

  // Twenty thousand rows say nothing; the list of cases is linked above, and each case is told in words when chosen.
  protected table(): null {
    return null;
  }

  /** Who hangs from whom, by number. */
  private index(chains: Chains): void {
    const n = chains.nodes.id.length;
    this.infector = new Int32Array(n).fill(-1);
    this.weightOf = new Float64Array(n);
    this.infected = Array.from({ length: n }, () => []);
    chains.edges.tree.forEach((tree, at) => {
      if (!tree) return;
      const [from, to] = [chains.edges.source[at]!, chains.edges.target[at]!];
      this.infector[to] = from;
      this.weightOf[to] = chains.edges.weight[at]!;
      this.infected[from]!.push(to);
    });
  }

  private build(chains: Chains): void {
    const { nodes, edges } = chains;
    const many = nodes.id.length > MANY || this.stage.clientWidth < 600;
    const scale = Math.max(0.28, Math.min(1, Math.sqrt(250 / Math.max(1, nodes.id.length))));
    const graph = new Graph({ type: "directed", multi: true });
    nodes.id.forEach((id, n) => graph.addNode(String(n), { label: id, x: 0, y: 0, size: nodes.size[n]! * scale }));
    edges.source.forEach((from, at) => {
      const tree = edges.tree[at] === 1;
      // Unlikely links are thousands: they are in the graph only while they are asked for, or every step pays for them.
      if (!tree && !this.all && edges.weight[at]! < LIKELY) return;
      graph.addEdgeWithKey(String(at), String(from), String(edges.target[at]), {
        type: tree ? "tree" : "line",
        size: tree ? Math.max(0.6, 2.2 * scale) : 0.5,
        tree,
        zIndex: tree ? 1 : 0,
      });
    });
    this.graph = graph;
    this.place(chains);
    const view = this.sigma?.getCamera().getState();
    this.sigma?.kill();
    this.sigma = new Sigma(graph, this.stage, {
      allowInvalidContainer: true,
      defaultEdgeType: "tree",
      // In the order in which they are drawn: the trees above the less likely links.
      edgeProgramClasses: { line: EdgeLineProgram, tree: EdgeArrowProgram },
      // Moving stays smooth: links come back as soon as the picture rests.
      hideEdgesOnMove: graph.size > 3000,
      hideLabelsOnMove: many,
      labelColor: { color: colour(this, "ink") },
      labelFont: getComputedStyle(this).fontFamily,
      labelSize: 12,
      labelDensity: many ? 0.6 : 1.5,
      labelRenderedSizeThreshold: many ? 7 : 0,
      stagePadding: 28,
      zIndex: true,
      minCameraRatio: 0.005,
      maxCameraRatio: 2,
      defaultDrawNodeHover: this.hover,
      defaultDrawNodeLabel: this.label,
      nodeReducer: (key, data) => this.node(Number(key), data),
      edgeReducer: (key, data) => this.edge(Number(key), data),
    });
    if (view) this.sigma.getCamera().setState(view);
    this.sigma.on("clickNode", ({ node }) => this.choose(Number(node), false));
    this.sigma.on("clickStage", () => this.choose(-1, false));
    this.sigma.on("enterNode", () => (this.stage.style.cursor = "pointer"));
    this.sigma.on("leaveNode", () => (this.stage.style.cursor = ""));
    this.sigma.on("afterRender", () => this.days());
    this.stage.setAttribute("role", "img");
    this.stage.setAttribute("aria-label", this.word("title"));
    this.stage.append(this.axis);
  }

  private shape(): number {
    return Math.max(0.3, (this.stage.clientWidth || 800) / (this.stage.clientHeight || 480));
  }

  /** Days and rows fill the stage, whatever their numbers. */
  private place(chains: Chains): void {
    this.ratio = this.shape();
    this.lastDay = Math.max(1, max(chains.nodes.x));
    const [right, top] = [this.lastDay, Math.max(1, max(chains.nodes.y))];
    this.graph?.updateEachNodeAttributes((key, data) => {
      data.x = (chains.nodes.x[Number(key)]! / right) * this.ratio;
      data.y = chains.nodes.y[Number(key)]! / top;
      return data;
    });
  }

  // What Sigma hands to these two is a copy already: it is changed in place, thousands of times a step.
  private node(n: number, data: Record<string, unknown>): Record<string, unknown> {
    if (this.data!.nodes.x[n]! > this.shown) {
      data.hidden = true;
      return data;
    }
    const group = this.groups[n]!;
    const aside =
      this.chosen !== null ? n !== this.chosen && !this.near.has(n) : this.single !== null && group !== this.single;
    data.color = this.palette.get(aside ? "aside" : group);
    data.zIndex = aside ? 0 : 1;
    if (aside) data.label = "";
    if (n === this.chosen) Object.assign(data, { highlighted: true, forceLabel: true, size: Number(data.size) * 1.6, zIndex: 3 });
    else if (this.chosen !== null && this.near.has(n)) Object.assign(data, { forceLabel: this.near.size < 30, zIndex: 2 });
    return data;
  }

  private edge(at: number, data: Record<string, unknown>): Record<string, unknown> {
    const { edges, nodes } = this.data!;
    const [from, to] = [edges.source[at]!, edges.target[at]!];
    const touches = this.chosen !== null && (from === this.chosen || to === this.chosen);
    const later = nodes.x[from]! > this.shown || nodes.x[to]! > this.shown;
    if (later || (!data.tree && !this.all && !touches)) {
      data.hidden = true;
      return data;
    }
    const aside =
      this.chosen !== null
        ? !touches
        : this.single !== null && this.groups[from] !== this.single && this.groups[to] !== this.single;
    const paint = touches ? (data.tree ? "touched" : "edge") : aside || !data.tree ? "thread" : "edge";
    data.color = this.palette.get(paint);
    if (touches) data.zIndex = 2;
    return data;
  }

  /** The group of every node, and the colour of every group. */
  private recolour(): void {
    const nodes = this.data!.nodes;
    const known = nodes.town.filter((town) => this.data!.names.town[town] !== undefined);
    const towns = largest(known, TOWNS);
    this.groups = nodes.id.map((_, n) => {
      if (this.mode === "generation") return String(Math.min(nodes.generation[n]!, GENERATIONS - 1));
      if (this.mode === "town") return towns.includes(nodes.town[n]!) ? nodes.town[n]! : "other";
      return this.mode === "kind" ? nodes.kind[n]! : nodes.setting[n]!;
    });
    this.palette = new Map([
      ["aside", colour(this, "aside")],
      ["thread", colour(this, "thread")],
      ["edge", colour(this, "edge")],
      ["touched", colour(this, "ink")],
      ["faint", colour(this, "faint")],
      ["line", colour(this, "line")],
    ]);
    this.letters = getComputedStyle(this).fontFamily;
    const order = this.order(towns);
    order.forEach((group, at) => {
      const name =
        this.mode === "generation"
          ? `generation-${group}`
          : this.mode === "kind"
            ? `class-${group === "case" ? "stop" : group}`
            : group === "other" || group === ""
              ? "nothing"
              : `group-${(at % 8) + 1}`;
      this.palette.set(group, colour(this, name));
    });
    if (this.single !== null && !order.includes(this.single)) this.single = null;
  }

  private order(towns: string[]): string[] {
    const there = new Set(this.groups);
    if (this.mode === "generation") return [...there].sort((a, b) => Number(a) - Number(b));
    if (this.mode === "town") return [...towns, "other"].filter((town) => there.has(town));
    return Object.keys(this.data!.names[this.mode]).filter((group) => there.has(group));
  }

  private groupName(group: string): string {
    if (this.mode === "generation")
      return Number(group) === GENERATIONS - 1 ? fill(this.word("later"), group) : group;
    if (this.mode === "town" && group === "other") return this.word("others");
    return this.data!.names[this.mode][group] ?? group;
  }

  private legends(): void {
    const counts = new Map<string, number>();
    this.groups.forEach((group, n) => {
      if (this.data!.nodes.x[n]! <= this.shown) counts.set(group, (counts.get(group) ?? 0) + 1);
    });
    const towns = this.mode === "town" ? largest(this.data!.nodes.town, TOWNS) : [];
    const buttons = this.order(towns).map((group) => {
      const button = element("button", "lf-key");
      button.type = "button";
      button.setAttribute("aria-pressed", String(this.single === group));
      const dot = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      dot.setAttribute("viewBox", "0 0 10 10");
      dot.setAttribute("aria-hidden", "true");
      const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
      for (const [name, value] of [["cx", "5"], ["cy", "5"], ["r", "4.5"], ["fill", this.palette.get(group) ?? "#888"]]) {
        circle.setAttribute(name!, value!);
      }
      dot.append(circle);
      button.append(dot, `${this.groupName(group)} `, element("span", "lf-number", String(counts.get(group) ?? 0)));
      button.addEventListener("click", () => {
        this.single = this.single === group ? null : group;
        this.legend.querySelectorAll("button").forEach((other) => other.setAttribute("aria-pressed", "false"));
        button.setAttribute("aria-pressed", String(this.single === group));
        this.choose(-1, false);
      });
      return button;
    });
    this.legend.replaceChildren(element("span", "visually-hidden", this.word("legend")), ...buttons);
  }

  private controls(chains: Chains): void {
    const find = element("input");
    find.type = "search";
    find.placeholder = this.word("search_hint");
    find.autocomplete = "off";
    const hits = element("span", "lf-hits");
    hits.setAttribute("role", "status");
    const look = (jump: boolean) => {
      const typed = find.value.trim().toLowerCase();
      hits.replaceChildren();
      if (!typed) return this.choose(-1, false);
      const found = chains.nodes.id.flatMap((id, n) => (id.toLowerCase().includes(typed) ? [n] : []));
      found.sort((a, b) => chains.nodes.id[a]!.length - chains.nodes.id[b]!.length);
      const exact = found.find((n) => chains.nodes.id[n]!.toLowerCase() === typed) ?? (jump || found.length === 1 ? found[0] : undefined);
      if (!found.length) hits.textContent = this.word("nothing");
      else if (exact !== undefined) this.choose(exact, true);
      else
        for (const n of found.slice(0, 6)) hits.append(this.link(n, () => (find.value = chains.nodes.id[n]!)));
    };
    find.addEventListener("input", () => look(false));
    find.addEventListener("keydown", (event) => {
      if (event.key === "Enter") look(true);
      if (event.key === "Escape") {
        find.value = "";
        look(false);
      }
    });

    const colours = element("select");
    for (const mode of MODES) colours.append(new Option(this.word(mode), mode));
    colours.addEventListener("change", () => {
      this.mode = colours.value as Mode;
      this.single = null;
      this.recolour();
      this.legends();
      this.sigma?.refresh({ skipIndexation: true });
    });

    const last = Math.max(0, Math.ceil(max(chains.nodes.x)));
    Object.assign(this.slider, { type: "range", min: "0", max: String(last), step: "1", value: String(last) });
    this.slider.addEventListener("input", () => this.show(Number(this.slider.value)));
    const play = element("button", "", this.word("play"));
    play.type = "button";
    const stop = () => {
      window.clearInterval(this.playing);
      this.playing = 0;
      play.textContent = this.word("play");
    };
    play.addEventListener("click", () => {
      if (this.playing) return stop();
      if (Number(this.slider.value) >= last) this.slider.value = "0";
      play.textContent = this.word("pause");
      this.show(Number(this.slider.value));
      this.playing = window.setInterval(() => {
        this.slider.value = String(Number(this.slider.value) + 1);
        this.show(Number(this.slider.value));
        if (Number(this.slider.value) >= last) stop();
      }, STEP);
    });

    const less = element("input");
    less.type = "checkbox";
    less.addEventListener("change", () => {
      this.all = less.checked;
      this.build(this.data!);
      this.choose(this.chosen ?? -1, false);
    });

    const camera = (name: string, move: () => void) => {
      const button = element("button", "lf-zoom", { closer: "+", farther: "−", whole: "⤢" }[name]);
      button.type = "button";
      button.setAttribute("aria-label", this.word(name));
      button.title = this.word(name);
      button.addEventListener("click", move);
      return button;
    };
    const time = { duration: calm() ? 0 : 200 };
    const labelled = (words: string, control: HTMLElement) => {
      const label = element("label", "", `${words} `);
      label.append(control);
      return label;
    };
    this.count.setAttribute("role", "status");
    const day = labelled(this.word("until"), this.slider);
    day.append(this.until);
    const bar = wrap(
      "div",
      "lf-bar",
      labelled(this.word("search"), find),
      hits,
      labelled(this.word("colour"), colours),
      wrap("span", "lf-time", day, play),
      this.tick(less, this.word("all")),
      wrap(
        "span",
        "lf-zooms",
        camera("closer", () => void this.sigma?.getCamera().animatedZoom(time)),
        camera("farther", () => void this.sigma?.getCamera().animatedUnzoom(time)),
        camera("whole", () => void this.sigma?.getCamera().animatedReset(time)),
      ),
      this.count,
    );
    if (this.word("drawn")) bar.append(element("span", "lf-count", this.word("drawn")));
    this.legend.setAttribute("role", "group");
    this.legend.setAttribute("aria-label", this.word("legend"));
    this.choice.setAttribute("role", "status");
    this.stage.before(bar, this.legend, this.choice);
    this.stage.after(this.printed);
    this.tellChosen();
    this.bar = bar;
    window.addEventListener("beforeprint", this.beforePrint);
  }

  private tick(box: HTMLElement, words: string): HTMLElement {
    const label = element("label");
    label.append(box, ` ${words}`);
    return label;
  }

  private show(day: number): void {
    const last = Number(this.slider.max);
    this.shown = day >= last ? Infinity : day;
    this.sigma?.refresh({ skipIndexation: true });
    this.legends();
    this.tellShown();
  }

  private tellShown(): void {
    const { nodes } = this.data!;
    const day = Math.min(this.shown, Number(this.slider.max));
    const words = this.date(day);
    this.until.textContent = words;
    this.slider.setAttribute("aria-valuetext", words);
    const number = this.shown === Infinity ? nodes.id.length : nodes.x.filter((x) => x <= this.shown).length;
    this.count.textContent = fill(this.word("shown"), String(number));
  }

  private date(day: number): string {
    if (!this.data!.first) return "";
    return new Date(Date.parse(`${this.data!.first}T00:00:00Z`) + day * 86_400_000).toISOString().slice(0, 10);
  }

  /** Single out a case, tell it in words, and go there. */
  private choose(n: number, go: boolean): void {
    this.chosen = n < 0 ? null : n;
    this.near = new Set();
    if (n >= 0) {
      const { edges } = this.data!;
      edges.source.forEach((from, at) => {
        if (!this.all && !edges.tree[at] && edges.weight[at]! < LIKELY) return;
        if (from === n) this.near.add(edges.target[at]!);
        if (edges.target[at] === n) this.near.add(from);
      });
    }
    this.tellChosen();
    this.sigma?.refresh({ skipIndexation: true });
    if (n >= 0 && go && this.sigma) {
      const at = this.sigma.getNodeDisplayData(String(n));
      const ratio = Math.max(0.03, Math.min(0.5, Math.sqrt(60 / this.data!.nodes.id.length)));
      if (at) void this.sigma.getCamera().animate({ x: at.x, y: at.y, ratio }, { duration: calm() ? 0 : 300 });
    }
  }

  private link(n: number, before: () => void = () => undefined): HTMLButtonElement {
    const button = element("button", "lf-case", this.data!.nodes.id[n]);
    button.type = "button";
    button.addEventListener("click", () => {
      before();
      this.choose(n, true);
    });
    return button;
  }

  private tellChosen(): void {
    const n = this.chosen;
    if (n === null) return this.choice.replaceChildren(element("p", "lf-count", this.word("hint")));
    const { nodes, names } = this.data!;
    const page = element("a", "", this.word("open"));
    page.href = this.data!.case_url.replace("__CASE__", encodeURIComponent(nodes.id[n]!));
    const close = element("button", "quiet", this.word("close"));
    close.type = "button";
    close.addEventListener("click", () => this.choose(-1, false));
    const facts = [
      names.kind[nodes.kind[n]!] ?? "",
      nodes.known[n] ? `${this.word("day")} ${this.date(nodes.x[n]!)}` : this.word("unknown_day"),
      `${this.word("generation")} ${nodes.generation[n]}`,
      names.town[nodes.town[n]!] ?? "",
    ].filter(Boolean);
    const up = this.infector[n]!;
    const from = element("span", "", up < 0 ? this.word("nobody") : `${this.word("from")} `);
    if (up >= 0) {
      const setting = names.setting[nodes.setting[n]!] ?? "";
      from.append(this.link(up), ` ${this.word("weight")} ${this.weightOf[n]!.toFixed(2)}${setting ? ` · ${setting}` : ""}`);
    }
    const children = this.infected[n]!;
    const to = element("span", "", children.length ? `${this.word("to")} ${children.length}: ` : `${this.word("to")} 0`);
    children.slice(0, 8).forEach((child) => to.append(this.link(child), " "));
    if (children.length > 8) to.append(fill(this.word("more"), String(children.length - 8)));
    const head = element("p");
    head.append(element("strong", "", nodes.id[n]), ` · ${facts.join(" · ")} `, page, " ", close);
    this.choice.replaceChildren(head, wrap("div", "lf-links", from, to));
  }

  /** The days, on the lower edge of the picture. */
  private days(): void {
    const { sigma, data } = this;
    if (!sigma || !data?.first) return;
    const [width, height, dots] = [this.stage.clientWidth, this.stage.clientHeight, window.devicePixelRatio || 1];
    if (this.axis.width !== Math.round(width * dots) || this.axis.height !== Math.round(height * dots)) {
      this.axis.width = Math.round(width * dots);
      this.axis.height = Math.round(height * dots);
    }
    const context = this.axis.getContext("2d");
    if (!context) return;
    context.setTransform(dots, 0, 0, dots, 0, 0);
    context.clearRect(0, 0, width, height);
    const right = this.lastDay;
    const place = (day: number) => sigma.graphToViewport({ x: (day / right) * this.ratio, y: 0 }).x;
    const wide = place(1) - place(0);
    const every = [1, 2, 7, 14, 28, 91, 182, 364].find((step) => step * wide >= 84) ?? 728;
    context.font = `11px ${this.letters}`;
    context.fillStyle = this.palette.get("faint") ?? "";
    context.strokeStyle = this.palette.get("line") ?? "";
    const from = Math.max(0, Math.floor((0 - place(0)) / wide / every) * every);
    for (let day = from; day <= right && place(day) < width; day += every) {
      const x = Math.round(place(day)) + 0.5;
      context.beginPath();
      context.moveTo(x, height - 6);
      context.lineTo(x, height);
      context.stroke();
      const words = this.date(day).slice(right > 300 ? 0 : 5);
      context.fillText(words, Math.min(x + 3, width - context.measureText(words).width - 2), height - 3);
    }
  }

  private hover: NodeHoverDrawingFunction = (context, data, settings) => {
    context.beginPath();
    context.arc(data.x, data.y, data.size + 3, 0, Math.PI * 2);
    context.lineWidth = 2;
    context.strokeStyle = colour(this, "ink");
    context.stroke();
    this.label(context, data, settings);
  };

  // Beside its node, within the picture, on a ground of its own: links run beneath it.
  private label: NodeLabelDrawingFunction = (context, data, settings) => {
    if (typeof data.label !== "string" || !data.label) return;
    context.font = `${settings.labelSize}px ${settings.labelFont}`;
    const wide = context.measureText(data.label).width;
    const right = data.x + data.size + 4;
    const x = right + wide < this.stage.clientWidth - 4 ? right : data.x - data.size - 4 - wide;
    context.lineJoin = "round";
    context.lineWidth = 4;
    context.strokeStyle = colour(this, "panel");
    context.strokeText(data.label, x, data.y + 4);
    context.fillStyle = colour(this, "ink");
    context.fillText(data.label, x, data.y + 4);
  };

  // What WebGL drew is gone when a page is printed: it is copied into a plain canvas that only paper shows.
  private print(): void {
    if (!this.sigma) return;
    this.sigma.refresh({ skipIndexation: true });
    const [width, height] = [this.stage.clientWidth * 2, this.stage.clientHeight * 2];
    Object.assign(this.printed, { width, height });
    const context = this.printed.getContext("2d");
    for (const canvas of this.stage.querySelectorAll("canvas")) context?.drawImage(canvas, 0, 0, width, height);
  }
}

function max(numbers: number[]): number {
  return numbers.reduce((most, one) => Math.max(most, one), 0);
}

function largest(groups: string[], most: number): string[] {
  const counts = new Map<string, number>();
  for (const group of groups) if (group) counts.set(group, (counts.get(group) ?? 0) + 1);
  return [...counts.entries()].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, most).map(([group]) => group);
}

function fill(words: string, value: string): string {
  return words.replace("{n}", value);
}

customElements.define("lf-chains", OutbreakChains);
