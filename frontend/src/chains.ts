// <lf-chains>: the chains of a whole outbreak, thousands of cases. The server places the nodes; here they are drawn,
// coloured, searched and unrolled day by day. Everything that the picture shows of one case stands in words beneath it.
import { type Acts, Controls } from "./chains/controls";
import type { Chains } from "./chains/data";
import { Picture } from "./chains/picture";
import { tellChosen, tellLegend } from "./chains/telling";
import { View } from "./chains/view";
import { colour, element, Island } from "./island";
import { type Drawn, saveButtons } from "./saving";

class OutbreakChains extends Island<Chains> {
  private view: View | null = null;
  private picture: Picture | null = null;
  private controls: Controls | null = null;
  private legend = element("div", "lf-legend");
  private choice = element("div", "lf-chosen");
  private say = (name: string): string => this.word(name);
  private beforePrint = () => this.picture?.print();

  private acts: Acts = {
    mark: (found) => {
      this.view?.mark(found);
      this.picture?.refresh();
    },
    choose: (n, go) => {
      this.view?.choose(n);
      this.tellChosen();
      this.picture?.refresh();
      if (n >= 0 && go) this.picture?.goTo(n);
    },
    show: (day) => {
      if (this.view) this.view.shown = day;
      this.picture?.refresh();
      this.tellLegend();
      this.controls?.tell();
    },
    colourBy: (mode) => {
      if (this.view) Object.assign(this.view, { mode, single: null });
      this.view?.recolour();
      this.tellLegend();
      this.picture?.refresh();
    },
    drawAll: (all) => {
      if (this.view) this.view.all = all;
      this.picture?.draw(this.word("title"));
      this.acts.choose(this.view?.chosen ?? -1, false);
    },
    zoom: (how) => this.picture?.zoom(how),
  };

  protected draw(chains: Chains): void {
    if (this.view) this.view.take(chains);
    else this.view = new View(this, this.say, chains);
    this.picture ??= new Picture(this, this.stage, this.view, (n) => this.acts.choose(n, false));
    if (!this.controls) this.surround(this.view, this.picture);
    this.picture.draw(this.word("title"));
    this.tellLegend();
    this.controls?.tell();
    const asked = decodeURIComponent(/^#case=(.+)$/.exec(location.hash)?.[1] ?? "");
    if (asked) this.acts.choose(chains.nodes.id.indexOf(asked), false);
  }

  protected restyle(): void {
    this.view?.recolour();
    this.tellLegend();
    this.picture?.restyle();
  }

  protected resize(): void {
    this.picture?.resize();
  }

  protected close(): void {
    window.removeEventListener("beforeprint", this.beforePrint);
    this.picture?.close();
    this.controls?.close();
    this.view = this.picture = this.controls = null;
  }

  // Twenty thousand rows say nothing; the list of cases is linked above, and each case is told in words when chosen.
  protected table(): null {
    return null;
  }

  private surround(view: View, picture: Picture): void {
    this.controls = new Controls(view, this.say, this.acts);
    this.legend.setAttribute("role", "group");
    this.legend.setAttribute("aria-label", this.word("legend"));
    this.choice.setAttribute("role", "status");
    this.stage.before(this.controls.bar, this.legend, this.choice);
    this.stage.after(picture.printed);
    this.controls.bar.append(saveButtons(this.say, () => this.drawn(view), () => "chains"));
    this.tellChosen();
    window.addEventListener("beforeprint", this.beforePrint);
  }

  // As it stands: the day up to which it is shown, the colours, and the less likely links where they are drawn.
  private drawn(view: View): Drawn {
    const { nodes, edges } = view.chains;
    const kept = nodes.id.flatMap((_, n) => (nodes.x[n]! <= view.shown ? [n] : []));
    const number = new Map(kept.map((n, at) => [n, at]));
    const many = kept.length > 150;
    const look = kept.map((n) => view.node(n, { size: nodes.size[n]! * (many ? 0.5 : 1), label: nodes.id[n]! }));
    return {
      title: this.word("title"),
      ink: colour(this, "ink"),
      paper: colour(this, "panel"),
      letters: getComputedStyle(this).fontFamily,
      dots: kept.map((n, at) => ({
        x: nodes.x[n]!,
        y: nodes.y[n]!,
        size: Number(look[at]!.size),
        colour: String(look[at]!.color),
        label: many && !look[at]!.forceLabel ? "" : String(look[at]!.label ?? ""),
      })),
      lines: edges.source.flatMap((source, at) => {
        const [from, to] = [number.get(source), number.get(edges.target[at]!)];
        if (from === undefined || to === undefined) return [];
        const line = view.edge(at, { tree: edges.tree[at] === 1 });
        return line.hidden ? [] : [{ from, to, width: edges.tree[at] ? 1.4 : 0.5, colour: String(line.color) }];
      }),
    };
  }

  private tellLegend(): void {
    if (this.view) tellLegend(this.legend, this.view, this.say, this.acts.choose);
  }

  private tellChosen(): void {
    if (this.view) tellChosen(this.choice, this.view, this.say, this.acts.choose);
  }
}

customElements.define("lf-chains", OutbreakChains);
