// <lf-graph>: who may have infected whom. The server places the nodes; here they are drawn, and listed in a table beneath.
import Graph from "graphology";
import Sigma from "sigma";
import type { NodeHoverDrawingFunction } from "sigma/rendering";

import { type Cell, colour, follow, Island, type Said, tableOf } from "./island";

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
      renderEdgeLabels: true,
      labelColor: { color: colour(this, "ink") },
      edgeLabelColor: { color: colour(this, "ink") },
      labelFont: getComputedStyle(this).fontFamily,
      edgeLabelFont: getComputedStyle(this).fontFamily,
      labelSize: 12,
      edgeLabelSize: 11,
      labelDensity: 2,
      labelRenderedSizeThreshold: 0,
      stagePadding: 36,
      defaultDrawNodeHover: this.hover,
    };
  }

  // The library's own hover label is black on white in either theme.
  private hover: NodeHoverDrawingFunction = (context, data, settings) => {
    const words = typeof data.label === "string" ? data.label : "";
    context.font = `${settings.labelSize}px ${settings.labelFont}`;
    const width = context.measureText(words).width;
    context.fillStyle = colour(this, "panel");
    context.strokeStyle = colour(this, "edge");
    context.beginPath();
    context.rect(data.x + data.size + 1, data.y - settings.labelSize, width + 8, settings.labelSize * 1.9);
    context.fill();
    context.stroke();
    context.fillStyle = colour(this, "ink");
    context.fillText(words, data.x + data.size + 3, data.y + settings.labelSize / 3);
  };
}

customElements.define("lf-graph", ChainGraph);
