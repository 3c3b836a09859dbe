// The picture of the chains: nodes and links in WebGL, the days on its lower edge, and a copy of it for paper.
import Graph from "graphology";
import Sigma from "sigma";
import { EdgeArrowProgram, EdgeLineProgram, type NodeHoverDrawingFunction, type NodeLabelDrawingFunction } from "sigma/rendering";

import { calm, colour, element } from "../island";
import { dateOf, LIKELY, max } from "./data";
import type { View } from "./view";

const MANY = 400; // from here on names stand beside large or near nodes only

export class Picture {
  readonly printed = element("canvas", "lf-printed");
  private axis = element("canvas", "lf-axis");
  private sigma: Sigma | null = null;
  private graph: Graph | null = null;
  private ratio = 1;
  private lastDay = 1;
  private letters = "sans-serif";

  /** `host` is the element whose colours and letters are taken; `choose` is called with a node's number, or −1. */
  constructor(
    private readonly host: Element,
    private readonly stage: HTMLElement,
    private readonly view: View,
    private readonly choose: (n: number) => void,
  ) {}

  draw(title: string): void {
    const { nodes, edges } = this.view.chains;
    this.letters = getComputedStyle(this.host).fontFamily;
    const scale = Math.max(0.28, Math.min(1, Math.sqrt(250 / Math.max(1, nodes.id.length))));
    const graph = new Graph({ type: "directed", multi: true });
    nodes.id.forEach((id, n) => graph.addNode(String(n), { label: id, x: 0, y: 0, size: nodes.size[n]! * scale }));
    edges.source.forEach((from, at) => {
      const tree = edges.tree[at] === 1;
      // Unlikely links are thousands: they are in the graph only while they are asked for, or every step pays for them.
      if (!tree && !this.view.all && edges.weight[at]! < LIKELY) return;
      graph.addEdgeWithKey(String(at), String(from), String(edges.target[at]), {
        type: tree ? "tree" : "line",
        size: tree ? Math.max(0.6, 2.2 * scale) : 0.5,
        tree,
        zIndex: tree ? 1 : 0,
      });
    });
    this.graph = graph;
    this.place();
    const camera = this.sigma?.getCamera().getState();
    this.sigma?.kill();
    this.sigma = new Sigma(graph, this.stage, {
      allowInvalidContainer: true,
      defaultEdgeType: "tree",
      // In the order in which they are drawn: the trees above the less likely links.
      edgeProgramClasses: { line: EdgeLineProgram, tree: EdgeArrowProgram },
      // Moving stays smooth: links come back as soon as the picture rests.
      hideEdgesOnMove: graph.size > 3000,
      labelColor: { color: colour(this.host, "ink") },
      labelFont: this.letters,
      labelSize: 12,
      ...this.names(),
      stagePadding: 28,
      zIndex: true,
      minCameraRatio: 0.005,
      maxCameraRatio: 2,
      defaultDrawNodeHover: this.hover,
      defaultDrawNodeLabel: this.label,
      nodeReducer: (key, data) => this.view.node(Number(key), data),
      edgeReducer: (key, data) => this.view.edge(Number(key), data),
    });
    if (camera) this.sigma.getCamera().setState(camera);
    this.sigma.on("clickNode", ({ node }) => this.choose(Number(node)));
    this.sigma.on("clickStage", () => this.choose(-1));
    this.sigma.on("enterNode", () => (this.stage.style.cursor = "pointer"));
    this.sigma.on("leaveNode", () => (this.stage.style.cursor = ""));
    this.sigma.on("afterRender", () => this.days());
    this.stage.setAttribute("role", "img");
    this.stage.setAttribute("aria-label", title);
    this.stage.append(this.axis);
  }

  refresh(): void {
    this.sigma?.refresh({ skipIndexation: true });
  }

  restyle(): void {
    this.letters = getComputedStyle(this.host).fontFamily;
    this.sigma?.setSetting("labelColor", { color: colour(this.host, "ink") });
    this.refresh();
  }

  resize(): void {
    if (Math.abs(this.shape() / this.ratio - 1) > 0.15) {
      this.place();
      this.sigma?.refresh();
    }
    this.sigma?.setSettings(this.names());
    this.sigma?.resize();
    this.refresh();
  }

  close(): void {
    this.sigma?.kill();
    this.sigma = null;
  }

  goTo(n: number): void {
    const at = this.sigma?.getNodeDisplayData(String(n));
    const ratio = Math.max(0.03, Math.min(0.5, Math.sqrt(60 / this.view.chains.nodes.id.length)));
    if (at) void this.sigma?.getCamera().animate({ x: at.x, y: at.y, ratio }, { duration: calm() ? 0 : 300 });
  }

  zoom(how: "closer" | "farther" | "whole"): void {
    const camera = this.sigma?.getCamera();
    const time = { duration: calm() ? 0 : 200 };
    if (how === "closer") void camera?.animatedZoom(time);
    else if (how === "farther") void camera?.animatedUnzoom(time);
    else void camera?.animatedReset(time);
  }

  // What WebGL drew is gone when a page is printed: it is copied into a plain canvas that only paper shows.
  print(): void {
    if (!this.sigma) return;
    this.refresh();
    const [width, height] = [this.stage.clientWidth * 2, this.stage.clientHeight * 2];
    Object.assign(this.printed, { width, height });
    const context = this.printed.getContext("2d");
    for (const canvas of this.stage.querySelectorAll("canvas")) context?.drawImage(canvas, 0, 0, width, height);
  }

  /** Which names are drawn; on a phone they come when it is zoomed in: side by side they would cover each other. */
  private names(): { hideLabelsOnMove: boolean; labelDensity: number; labelRenderedSizeThreshold: number } {
    const narrow = this.stage.clientWidth < 600;
    const many = narrow || this.view.chains.nodes.id.length > MANY;
    return { hideLabelsOnMove: many, labelDensity: many ? 0.6 : 1.5, labelRenderedSizeThreshold: narrow ? 14 : many ? 7 : 0 };
  }

  private shape(): number {
    return Math.max(0.3, (this.stage.clientWidth || 800) / (this.stage.clientHeight || 480));
  }

  /** Days and rows fill the stage, whatever their numbers. */
  private place(): void {
    const { nodes } = this.view.chains;
    this.ratio = this.shape();
    this.lastDay = Math.max(1, max(nodes.x));
    const [right, top] = [this.lastDay, Math.max(1, max(nodes.y))];
    this.graph?.updateEachNodeAttributes((key, data) => {
      data.x = (nodes.x[Number(key)]! / right) * this.ratio;
      data.y = nodes.y[Number(key)]! / top;
      return data;
    });
  }

  /** The days, on the lower edge of the picture. */
  private days(): void {
    const { sigma } = this;
    const { chains } = this.view;
    if (!sigma || !chains.first) return;
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
    context.fillStyle = this.view.paint("faint");
    context.strokeStyle = this.view.paint("line");
    const from = Math.max(0, Math.floor((0 - place(0)) / wide / every) * every);
    for (let day = from; day <= right && place(day) < width; day += every) {
      const x = Math.round(place(day)) + 0.5;
      context.beginPath();
      context.moveTo(x, height - 6);
      context.lineTo(x, height);
      context.stroke();
      const words = dateOf(chains, day).slice(right > 300 ? 0 : 5);
      context.fillText(words, Math.min(x + 3, width - context.measureText(words).width - 2), height - 3);
    }
  }

  private hover: NodeHoverDrawingFunction = (context, data, settings) => {
    context.beginPath();
    context.arc(data.x, data.y, data.size + 3, 0, Math.PI * 2);
    context.lineWidth = 2;
    context.strokeStyle = colour(this.host, "ink");
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
    context.strokeStyle = colour(this.host, "panel");
    context.strokeText(data.label, x, data.y + 4);
    context.fillStyle = colour(this.host, "ink");
    context.fillText(data.label, x, data.y + 4);
  };
}
