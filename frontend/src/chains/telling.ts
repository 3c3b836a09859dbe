// What stands in words around the picture: the legend, and the case that is chosen with its source and whom it infected.
import { element, wrap } from "../island";
import { dateOf, fill, type Word } from "./data";
import type { View } from "./view";

/** Single out a case by its number, or none with −1; `go` moves the picture there. */
export type Choose = (n: number, go: boolean) => void;

export function caseButton(view: View, n: number, choose: Choose, before: () => void = () => undefined): HTMLButtonElement {
  const button = element("button", "lf-case", view.chains.nodes.id[n]);
  button.type = "button";
  button.addEventListener("click", () => {
    before();
    choose(n, true);
  });
  return button;
}

export function tellLegend(legend: HTMLElement, view: View, word: Word, choose: Choose): void {
  const counts = view.counts();
  const buttons = view.order().map((group) => {
    const button = element("button", "lf-key");
    button.type = "button";
    button.setAttribute("aria-pressed", String(view.single === group));
    button.append(dot(view.paint(group)), `${view.groupName(group)} `, element("span", "lf-number", String(counts.get(group) ?? 0)));
    button.addEventListener("click", () => {
      view.single = view.single === group ? null : group;
      legend.querySelectorAll("button").forEach((other) => other.setAttribute("aria-pressed", "false"));
      button.setAttribute("aria-pressed", String(view.single === group));
      choose(-1, false);
    });
    return button;
  });
  legend.replaceChildren(element("span", "lf-count", word(view.mode)), ...buttons);
  if (view.mode === "place") legend.append(element("span", "lf-count", word(view.chains.places.length ? "place_note" : "no_places")));
}

function dot(paint: string): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  made.setAttribute("viewBox", "0 0 10 10");
  made.setAttribute("aria-hidden", "true");
  const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  for (const [name, value] of [["cx", "5"], ["cy", "5"], ["r", "4.5"], ["fill", paint]]) circle.setAttribute(name!, value!);
  made.append(circle);
  return made;
}

export function tellChosen(choice: HTMLElement, view: View, word: Word, choose: Choose): void {
  const n = view.chosen;
  if (n === null) return choice.replaceChildren(element("p", "lf-count", word("hint")));
  const { chains, tree } = view;
  const { nodes, names } = chains;
  const page = element("a", "", word("open"));
  page.href = chains.case_url.replace("__CASE__", encodeURIComponent(nodes.id[n]!));
  const close = element("button", "quiet", word("close"));
  close.type = "button";
  close.addEventListener("click", () => choose(-1, false));
  const facts = [
    names.kind[nodes.kind[n]!] ?? "",
    nodes.known[n] ? `${word("day")} ${dateOf(chains, nodes.x[n]!)}` : word("unknown_day"),
    `${word("generation")} ${nodes.generation[n]}`,
    names.town[nodes.town[n]!] ?? "",
  ].filter(Boolean);
  const up = tree.infector[n]!;
  const from = element("span", "", up < 0 ? word("nobody") : `${word("from")} `);
  if (up >= 0) {
    const setting = names.setting[nodes.setting[n]!] ?? "";
    from.append(caseButton(view, up, choose), ` ${word("weight")} ${tree.weight[n]!.toFixed(2)}${setting ? ` · ${setting}` : ""}`);
  }
  const children = tree.infected[n]!;
  const to = element("span", "", children.length ? `${word("to")} ${children.length}: ` : `${word("to")} 0`);
  children.slice(0, 8).forEach((child) => to.append(caseButton(view, child, choose), " "));
  if (children.length > 8) to.append(fill(word("more"), String(children.length - 8)));
  const head = element("p");
  head.append(element("strong", "", nodes.id[n]), ` · ${facts.join(" · ")} `, page, " ", close);
  choice.replaceChildren(head, wrap("div", "lf-links", from, to));
}
