// What of the chains is seen, and in which colour: the day, the group or the case that is singled out, the colouring.
import { colour } from "../island";
import { type Chains, fill, largest, LIKELY, Tree, type Word } from "./data";

export const MODES = ["generation", "setting", "place", "town", "kind"] as const;
export type Mode = (typeof MODES)[number];

const GENERATIONS = 7; // 0 … 5, and all later ones
const TOWNS = 8;
const FEW = 60; // so many found cases get a ring; more would cover each other

export class View {
  mode: Mode = "generation";
  shown = Infinity; // the last day that is shown
  single: string | null = null; // the group that is singled out
  chosen: number | null = null;
  all = false;
  chains!: Chains;
  tree!: Tree;
  private near = new Set<number>();
  private groups: string[] = []; // group of each node under the mode
  private found = new Set<number>(); // what a search found
  private there = new Map<string, Set<number>>(); // who was in each of the places that have a colour
  private towns: string[] = [];
  private palette = new Map<string, string>();

  /** `host` is the element whose colours are taken. */
  constructor(
    private readonly host: Element,
    private readonly word: Word,
    chains: Chains,
  ) {
    this.take(chains);
  }

  take(chains: Chains): void {
    this.chains = chains;
    this.tree = new Tree(chains);
    const number = new Map(chains.nodes.id.map((id, n) => [id, n]));
    const drawn = (ids: string[]) => new Set(ids.map((id) => number.get(id)).filter((n) => n !== undefined));
    this.there = new Map(chains.places.map((place) => [place.id, drawn(place.cases)]));
    this.found = new Set();
    this.recolour();
  }

  /** Show what a search found before the rest; nothing found shows everything. */
  mark(found: number[]): void {
    this.found = new Set(found);
  }

  /** Whether a case belongs to a group: to a place also where its colour is that of another. */
  private belongs(n: number, group: string): boolean {
    return (this.mode === "place" && this.there.get(group)?.has(n)) || this.groups[n] === group;
  }

  /** The group of every node, and the colour of every group. */
  recolour(): void {
    const { nodes, names } = this.chains;
    this.towns = largest(nodes.town.filter((town) => names.town[town] !== undefined), TOWNS);
    this.groups = nodes.id.map((_, n) => {
      if (this.mode === "generation") return String(Math.min(nodes.generation[n]!, GENERATIONS - 1));
      if (this.mode === "town") return this.towns.includes(nodes.town[n]!) ? nodes.town[n]! : "other";
      if (this.mode === "place") return this.chains.places.find(({ id }) => this.there.get(id)!.has(n))?.id ?? "";
      return this.mode === "kind" ? nodes.kind[n]! : nodes.setting[n]!;
    });
    this.palette = new Map([
      ["aside", colour(this.host, "aside")],
      ["thread", colour(this.host, "thread")],
      ["edge", colour(this.host, "edge")],
      ["touched", colour(this.host, "ink")],
      ["faint", colour(this.host, "faint")],
      ["line", colour(this.host, "line")],
    ]);
    const order = this.order();
    order.forEach((group, at) => {
      const name =
        this.mode === "generation"
          ? `generation-${group}`
          : this.mode === "kind"
            ? `class-${group === "case" ? "stop" : group}`
            : group === "other" || group === ""
              ? "nothing"
              : `group-${(at % 8) + 1}`;
      this.palette.set(group, colour(this.host, name));
    });
    if (this.single !== null && !order.includes(this.single)) this.single = null;
  }

  /** The groups that are there, as the legend lists them. */
  order(): string[] {
    const there = new Set(this.groups);
    if (this.mode === "generation") return [...there].sort((a, b) => Number(a) - Number(b));
    if (this.mode === "town") return [...this.towns, "other"].filter((town) => there.has(town));
    // The places stand in the order of their rank; where all cases of one have the colours of others, it stands there too.
    if (this.mode === "place") return [...this.there.keys(), ...(there.has("") ? [""] : [])];
    return Object.keys(this.chains.names[this.mode]).filter((group) => there.has(group));
  }

  groupName(group: string): string {
    if (this.mode === "generation")
      return Number(group) === GENERATIONS - 1 ? fill(this.word("later"), group) : group;
    if (this.mode === "town" && group === "other") return this.word("others");
    return this.chains.names[this.mode][group] ?? group;
  }

  paint(name: string): string {
    return this.palette.get(name) ?? "#888";
  }

  /** How many cases of each group are shown; of a place, everybody who was there. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    const { x } = this.chains.nodes;
    if (this.mode === "place") for (const [id, who] of this.there) counts.set(id, [...who].filter((n) => x[n]! <= this.shown).length);
    this.groups.forEach((group, n) => {
      if (x[n]! <= this.shown && !(this.mode === "place" && group)) counts.set(group, (counts.get(group) ?? 0) + 1);
    });
    return counts;
  }

  /** Single out a case with those it is linked to; below zero, none. */
  choose(n: number): void {
    this.chosen = n < 0 ? null : n;
    this.near = new Set();
    if (n < 0) return;
    const { edges } = this.chains;
    edges.source.forEach((from, at) => {
      if (!this.all && !edges.tree[at] && edges.weight[at]! < LIKELY) return;
      if (from === n) this.near.add(edges.target[at]!);
      if (edges.target[at] === n) this.near.add(from);
    });
  }

  // What Sigma hands to these two is a copy already: it is changed in place, thousands of times a step.
  node(n: number, data: Record<string, unknown>): Record<string, unknown> {
    if (this.chains.nodes.x[n]! > this.shown) {
      data.hidden = true;
      return data;
    }
    const group = this.groups[n]!;
    const found = this.found.has(n);
    const aside =
      this.chosen !== null
        ? n !== this.chosen && !this.near.has(n) && !found
        : (this.found.size > 0 && !found) || (this.single !== null && !this.belongs(n, this.single));
    data.color = this.palette.get(aside ? "aside" : group);
    data.zIndex = aside ? 0 : 1;
    if (aside) data.label = "";
    if (n === this.chosen) Object.assign(data, { highlighted: true, forceLabel: true, size: Number(data.size) * 1.6, zIndex: 3 });
    else if (found && !aside) Object.assign(data, { highlighted: this.found.size <= FEW, size: Number(data.size) * 1.4, zIndex: 2 });
    else if (this.chosen !== null && this.near.has(n)) Object.assign(data, { forceLabel: this.near.size < 30, zIndex: 2 });
    return data;
  }

  edge(at: number, data: Record<string, unknown>): Record<string, unknown> {
    const { edges, nodes } = this.chains;
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
        : (this.found.size > 0 && !this.found.has(from) && !this.found.has(to)) ||
          (this.single !== null && !this.belongs(from, this.single) && !this.belongs(to, this.single));
    const paint = touches ? (data.tree ? "touched" : "edge") : aside || !data.tree ? "thread" : "edge";
    data.color = this.palette.get(paint);
    if (touches) data.zIndex = 2;
    return data;
  }
}
