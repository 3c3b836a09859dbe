// <lf-graph>: who may have infected whom. The server places the nodes; here they are drawn, and listed in a table beneath.
import { EdgeCurvedArrowProgram } from "@sigma/edge-curve";
import Graph from "graphology";
import Sigma from "sigma";
import type { NodeHoverDrawingFunction, NodeLabelDrawingFunction } from "sigma/rendering";

import { type Cell, colour, follow, Island, type Said, tableOf } from "./island";
import { type Drawn, saveButtons } from "./saving";

interface Node {
  id: string;
  label: string;
  x: number;
  y: number;
  /** A classification; gives the colour. The label says it in words too. */
  kind?: string;
  size?: number;
  url?: string;
}

interface Edge {
  source: string;
  target: string;
  /** 0…1; gives the width. */
  weight?: number;
  label?: string;
  evidence?: string;
}

/** Words: title, infector, infectee, weight, evidence, table, failed. */
interface Chains extends Said {
  nodes: Node[];
  edges: Edge[];
}

class ChainGraph extends Island<Chains> {
  private sigma: Sigma | null = null;
  private save: HTMLElement | null = null;

  protected draw(chains: Chains): void {
    const graph = new Graph({ type: "directed", multi: true });
    for (const node of chains.nodes) {
      graph.mergeNode(node.id, {
        label: node.label,
        x: node.x,
        y: node.y,
        size: node.size ?? 8,
        color: colour(this, `class-${node.kind ?? "stop"}`),
        url: node.url,
      });
    }
    for (const edge of chains.edges) {
      if (!graph.hasNode(edge.source) || !graph.hasNode(edge.target)) continue;
      graph.addEdge(edge.source, edge.target, {
        type: passesAnother(edge, chains.nodes) ? "curved" : "arrow",
        curvature: 0.3,
        label: edge.label ?? "",
        size: 1 + 4 * (edge.weight ?? 0),
        color: colour(this, "edge"),
      });
    }
    if (this.sigma) {
      this.sigma.setGraph(graph);
      this.sigma.setSettings(this.settings());
      return;
    }
    this.sigma = new Sigma(graph, this.stage, this.settings());
    this.sigma.on("clickNode", ({ node }) => follow(this.sigma?.getGraph().getNodeAttribute(node, "url") as string | undefined));
    this.sigma.on("enterNode", () => (this.stage.style.cursor = "pointer"));
    this.sigma.on("leaveNode", () => (this.stage.style.cursor = ""));
    this.stage.setAttribute("role", "img");
    this.stage.setAttribute("aria-label", this.word("title"));
    this.save ??= saveButtons((name) => this.word(name), () => this.drawn(), () => "chain");
    this.stage.after(this.save);
  }

  private drawn(): Drawn {
    const { nodes, edges } = this.data!;
    const number = new Map(nodes.map((node, n) => [node.id, n]));
    return {
      title: this.word("title"),
      ink: colour(this, "ink"),
      paper: colour(this, "panel"),
      letters: getComputedStyle(this).fontFamily,
      dots: nodes.map((node) => ({ x: node.x, y: node.y, size: node.size ?? 8, colour: colour(this, `class-${node.kind ?? "stop"}`), label: node.label })),
      lines: edges.flatMap(({ source, target, weight, label }) => {
        const [from, to] = [number.get(source), number.get(target)];
        return from === undefined || to === undefined ? [] : [{ from, to, width: 1 + 4 * (weight ?? 0), colour: colour(this, "edge"), label }];
      }),
    };
  }

  protected restyle(): void {
    if (this.data) this.draw(this.data);
  }

  protected resize(): void {
    this.sigma?.resize();
    this.sigma?.refresh({ skipIndexation: true });
  }

  protected close(): void {
    this.sigma?.kill();
    this.sigma = null;
  }

  protected table(chains: Chains): HTMLTableElement {
    const nodes = new Map(chains.nodes.map((node) => [node.id, node]));
    const cell = (id: string): Cell => ({ text: nodes.get(id)?.label ?? id, url: nodes.get(id)?.url });
    const rows = chains.edges.map((edge): Cell[] => [
      cell(edge.target),
      cell(edge.source),
      edge.label ?? "",
      edge.evidence ?? "",
    ]);
    const linked = new Set(chains.edges.flatMap((edge) => [edge.source, edge.target]));
    for (const node of chains.nodes) if (!linked.has(node.id)) rows.push([cell(node.id), "", "", ""]);
    return tableOf(
      this.word("title"),
      [this.word("infectee"), this.word("infector"), this.word("weight"), this.word("evidence")],
      rows,
    );
  }

  private settings(): Record<string, unknown> {
    return {
      allowInvalidContainer: true,
      defaultEdgeType: "arrow",
      edgeProgramClasses: { curved: EdgeCurvedArrowProgram },
      renderEdgeLabels: true,
      labelColor: { color: colour(this, "ink") },
      edgeLabelColor: { color: colour(this, "ink") },
      labelFont: getComputedStyle(this).fontFamily,
      edgeLabelFont: getComputedStyle(this).fontFamily,
      labelSize: 12,
      edgeLabelSize: 11,
      labelDensity: 2,
      labelRenderedSizeThreshold: 0,
      stagePadding: 44,
      defaultDrawNodeLabel: this.label,
      defaultDrawNodeHover: this.hover,
    };
  }

  // Beneath its node, within the picture, on a ground of its own: edges run to the right and left.
  private label: NodeLabelDrawingFunction = (context, data, settings) => {
    if (typeof data.label !== "string" || !data.label) return;
    context.font = `${settings.labelSize}px ${settings.labelFont}`;
    const width = context.measureText(data.label).width;
    const whole = this.stage.clientWidth;
    const x = Math.max(4, Math.min(data.x - width / 2, whole - width - 4));
    const y = data.y + data.size + settings.labelSize + 2;
    context.lineJoin = "round";
    context.lineWidth = 4;
    context.strokeStyle = colour(this, "panel");
    context.strokeText(data.label, x, y);
    context.fillStyle = colour(this, "ink");
    context.fillText(data.label, x, y);
  };

  private hover: NodeHoverDrawingFunction = (context, data, settings) => {
    context.beginPath();
    context.arc(data.x, data.y, data.size + 3, 0, Math.PI * 2);
    context.lineWidth = 2;
    context.strokeStyle = colour(this, "ink");
    context.stroke();
    this.label(context, data, settings);
  };
}

/** Whether a straight line from one node to the other would run through a third. */
function passesAnother(edge: Edge, nodes: Node[]): boolean {
  const from = nodes.find((node) => node.id === edge.source);
  const to = nodes.find((node) => node.id === edge.target);
  if (!from || !to) return false;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  return nodes.some((node) => {
    if (node === from || node === to) return false;
    const along = ((node.x - from.x) * dx + (node.y - from.y) * dy) / length;
    const aside = Math.abs((node.x - from.x) * dy - (node.y - from.y) * dx) / length;
    return along > 0 && along < length && aside < length * 0.06;
  });
}

customElements.define("lf-graph", ChainGraph);
