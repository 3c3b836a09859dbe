// The chains of an outbreak as the server sends them, and what follows from them without a picture.
import type { Said } from "../island";

export interface Columns {
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

/** `edges` name nodes by their place in `nodes`; `words` are listed in lianfang.tracing.chain_words.graph_words. */
export interface Chains extends Said {
  nodes: Columns;
  edges: { source: number[]; target: number[]; weight: number[]; tree: number[] };
  /** The day of x = 0. */
  first: string;
  case_url: string;
  search_url: string;
  /** The places that have a colour, each with its cases; a case may be in several. */
  places: { id: string; cases: string[] }[];
  names: Record<"kind" | "setting" | "town" | "place", Record<string, string>>;
}

export type Word = (name: string) => string;

export const LIKELY = 0.1; // a candidate that weighs less is drawn only when all links are asked for

/** Who hangs from whom, by number. */
export class Tree {
  readonly infector: Int32Array;
  readonly weight: Float64Array;
  readonly infected: number[][];

  constructor(chains: Chains) {
    const n = chains.nodes.id.length;
    this.infector = new Int32Array(n).fill(-1);
    this.weight = new Float64Array(n);
    this.infected = Array.from({ length: n }, () => []);
    chains.edges.tree.forEach((tree, at) => {
      if (!tree) return;
      const [from, to] = [chains.edges.source[at]!, chains.edges.target[at]!];
      this.infector[to] = from;
      this.weight[to] = chains.edges.weight[at]!;
      this.infected[from]!.push(to);
    });
  }
}

export function dateOf(chains: Chains, day: number): string {
  if (!chains.first) return "";
  return new Date(Date.parse(`${chains.first}T00:00:00Z`) + day * 86_400_000).toISOString().slice(0, 10);
}

export function lastDay(chains: Chains): number {
  return Math.max(0, Math.ceil(max(chains.nodes.x)));
}

export function max(numbers: number[]): number {
  return numbers.reduce((most, one) => Math.max(most, one), 0);
}

export function largest(groups: string[], most: number): string[] {
  const counts = new Map<string, number>();
  for (const group of groups) if (group) counts.set(group, (counts.get(group) ?? 0) + 1);
  return [...counts.entries()].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, most).map(([group]) => group);
}

export function fill(words: string, value: string, all = ""): string {
  return words.replace("{n}", value).replace("{all}", all);
}
