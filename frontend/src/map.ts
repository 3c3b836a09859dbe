// <lf-map>: areas, buildings, cases and tracks from the register's own GeoJSON. Nothing is fetched from outside: there are no tiles,
// and names are drawn from the reader's own fonts (a style without "glyphs" makes MapLibre draw every character itself).
//
// data-dots       address of a GeoJSON geometry or collection of points, read once: where buildings stand, seen from afar
// data-cluster    points that would cover each other are drawn as one, with their number
// data-buildings  address that takes ?box=west,south,east,north and gives the buildings in it, read when seen from near
import {
  type GeoJSONSource,
  type LngLat,
  LngLatBounds,
  Map as MapLibre,
  NavigationControl,
  Popup,
  setWorkerUrl,
  type StyleSpecification,
} from "maplibre-gl";

import { calm, type Cell, colour, element, follow, Island, type Said, tableOf } from "./island";

setWorkerUrl(new URL(/* @vite-ignore */ "./map-worker.js", import.meta.url).href);

interface Item {
  label: string;
  kind_label?: string;
  url?: string;
}
type Properties = Record<string, string | number | boolean | null> & { items?: Item[] };
type Features = GeoJSON.FeatureCollection<GeoJSON.Geometry, Properties>;

/**
 * areas      polygons: code, name, level, cases (shading and table), url
 * buildings  polygons or points: code, name
 * tracks     lines: label
 * points     points: mark (one or two characters in the circle), kind (a classification, or "stop"), kind_label, label, count,
 *            url; or items, each with label, kind_label, url, where several share one place
 * Words: title, place, what, table, failed, zoom_in, zoom_out, scroll, touch
 */
interface County extends Said {
  bounds?: [number, number, number, number];
  areas?: Features;
  buildings?: Features;
  tracks?: Features;
  points?: Features;
}

type Shown = { properties: { [name: string]: unknown } | null };

const NOTHING: Features = { type: "FeatureCollection", features: [] };
const SOURCES = ["areas", "names", "dots", "buildings", "tracks", "points"] as const;
const NEAR = 13;
const FONT = ["Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"];
/** From the least grave; several in one place take the colour of the gravest. */
const KINDS = ["stop", "suspected", "asymptomatic", "confirmed"];

class CountyMap extends Island<County> {
  private map: MapLibre | null = null;
  private ready: Promise<void> | null = null;
  private popup: Popup | null = null;
  private shownBounds = "";
  private shownBox = "";

  protected async draw(county: County, first: boolean): Promise<void> {
    if (!this.map) {
      this.map = new MapLibre({
        container: this.stage,
        style: this.look(),
        bounds: boundsOf(county),
        fitBoundsOptions: { padding: 16 },
        attributionControl: false,
        dragRotate: false,
        pitchWithRotate: false,
        touchPitch: false,
        cooperativeGestures: !this.hasAttribute("data-free"),
        fadeDuration: 0,
        maxZoom: 20,
        locale: {
          "Map.Title": county.words?.title ?? "",
          "NavigationControl.ZoomIn": county.words?.zoom_in ?? "+",
          "NavigationControl.ZoomOut": county.words?.zoom_out ?? "−",
          "CooperativeGesturesHandler.WindowsHelpText": county.words?.scroll ?? "",
          "CooperativeGesturesHandler.MacHelpText": county.words?.scroll ?? "",
          "CooperativeGesturesHandler.MobileHelpText": county.words?.touch ?? "",
        },
      });
      const map = this.map;
      map.touchZoomRotate.disableRotation();
      map.keyboard.disableRotation();
      map.addControl(new NavigationControl({ showCompass: false }), "top-right");
      this.ready = new Promise((done) => map.once("load", () => done()));
      this.shownBounds = JSON.stringify(county.bounds ?? null);
      this.listen(map);
    }
    await this.ready;
    if (!this.map) return;
    if (first) {
      void this.dots();
      void this.near();
    }
    this.fill(this.map, county);
    const bounds = JSON.stringify(county.bounds ?? null);
    if (bounds !== this.shownBounds) {
      this.shownBounds = bounds;
      this.map.fitBounds(boundsOf(county), { padding: 16, animate: !calm() });
    }
  }

  protected restyle(): void {
    const map = this.map;
    if (!map || !this.data) return;
    const look = this.look();
    for (const layer of look.layers) {
      for (const [name, value] of Object.entries(layer.paint ?? {})) map.setPaintProperty(layer.id, name as never, value as never);
    }
  }

  protected resize(): void {
    this.map?.resize();
  }

  protected close(): void {
    this.popup?.remove();
    this.map?.remove();
    this.map = null;
    this.ready = null;
  }

  protected table(county: County): HTMLTableElement | null {
    const items = (county.points?.features ?? []).flatMap((one) => itemsOf(one.properties));
    if (!items.length) return null;
    const rows = items.map((one): Cell[] => [{ text: one.label, url: one.url }, one.kind_label ?? ""]);
    return tableOf(this.word("title"), [this.word("place"), this.word("what")], rows);
  }

  private fill(map: MapLibre, county: County): void {
    const names: Features = {
      type: "FeatureCollection",
      features: (county.areas?.features ?? []).flatMap((area) => {
        const { longitude, latitude } = area.properties;
        if (typeof longitude !== "number" || typeof latitude !== "number") return [];
        return [{ ...area, geometry: { type: "Point" as const, coordinates: [longitude, latitude] } }];
      }),
    };
    const put = (name: string, what: Features | undefined) => map.getSource<GeoJSONSource>(name)?.setData(what ?? NOTHING);
    put("areas", county.areas);
    put("names", names);
    put("tracks", county.tracks);
    put("points", numbered(county.points));
    if (county.buildings) put("buildings", county.buildings);
  }

  private async dots(): Promise<void> {
    const data = await this.extra<GeoJSON.GeoJSON>(this.dataset.dots);
    if (data) this.map?.getSource<GeoJSONSource>("dots")?.setData(data);
  }

  private async near(): Promise<void> {
    const map = this.map;
    const from = this.dataset.buildings;
    if (!map || !from || map.getZoom() < NEAR - 0.5) return;
    const seen = map.getBounds();
    // On a raster, so that small moves ask nothing new.
    const grid = (value: number, up: boolean) => (up ? Math.ceil(value * 50) : Math.floor(value * 50)) / 50;
    const box = [grid(seen.getWest(), false), grid(seen.getSouth(), false), grid(seen.getEast(), true), grid(seen.getNorth(), true)].join();
    if (box === this.shownBox) return;
    this.shownBox = box;
    const data = await this.extra<Features>(`${from}${from.includes("?") ? "&" : "?"}box=${box}`);
    if (data && box === this.shownBox) this.map?.getSource<GeoJSONSource>("buildings")?.setData(data);
  }

  private async extra<T>(url: string | undefined): Promise<T | null> {
    if (!url) return null;
    const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    return answer.ok && !answer.redirected ? ((await answer.json()) as T) : null;
  }

  private listen(map: MapLibre): void {
    map.on("moveend", () => void this.near());
    map.on("click", "points", (at) => {
      const cluster = at.features?.find((one) => one.properties.cluster);
      if (cluster) void this.open(map, Number(cluster.properties.cluster_id), at.lngLat);
      else this.show(map, at.lngLat, at.features ?? []);
    });
    map.on("click", "areas", (at) => {
      if (map.queryRenderedFeatures(at.point, { layers: ["points"] }).length) return;
      follow(text(at.features?.[0]?.properties.url));
    });
    map.on("mousemove", (at) => {
      const under = map.queryRenderedFeatures(at.point, { layers: ["points", "areas"] });
      map.getCanvas().style.cursor = under.some((one) => one.layer.id === "points" || one.properties.url) ? "pointer" : "";
    });
  }

  /** Go so near that a cluster falls apart; one that never does lists what is in it. */
  private async open(map: MapLibre, cluster: number, center: LngLat): Promise<void> {
    const source = map.getSource<GeoJSONSource>("points");
    if (!source) return;
    const zoom = await source.getClusterExpansionZoom(cluster);
    if (zoom <= 15) map.easeTo({ center, zoom, animate: !calm() });
    else this.show(map, center, (await source.getClusterLeaves(cluster, 100, 0)) as Shown[]);
  }

  private show(map: MapLibre, where: LngLat, features: Shown[]): void {
    const inside = element("ul", "lf-popup");
    for (const one of features) {
      for (const item of itemsOf(this.data?.points?.features[Number(one.properties?.n)]?.properties)) {
        const line = element("li");
        const link = item.url ? element("a") : element("span");
        link.textContent = [item.label, item.kind_label].filter(Boolean).join(" · ");
        if (link instanceof HTMLAnchorElement && item.url) link.href = item.url;
        line.append(link);
        inside.append(line);
      }
    }
    this.popup?.remove();
    this.popup = new Popup({ closeButton: false, maxWidth: "280px" }).setLngLat(where).setDOMContent(inside).addTo(map);
  }

  private look(): StyleSpecification {
    const ink = colour(this, "ink");
    const paper = colour(this, "panel");
    const kind = ["match", ["get", "grave"], ...KINDS.flatMap((one, n) => [n, colour(this, `class-${one}`)]), colour(this, "faint")];
    const source = { type: "geojson" as const, data: NOTHING };
    const gathered = {
      ...source,
      cluster: this.hasAttribute("data-cluster"),
      clusterRadius: 20,
      clusterMaxZoom: 15,
      clusterProperties: { count: ["+", ["get", "count"]], grave: ["max", ["get", "grave"]] },
    };
    return {
      version: 8,
      sources: Object.fromEntries(SOURCES.map((name) => [name, name === "points" ? gathered : source])) as never,
      layers: [
        { id: "paper", type: "background", paint: { "background-color": colour(this, "ground") } },
        {
          id: "areas",
          type: "fill",
          source: "areas",
          paint: {
            "fill-color": ["case", [">", ["coalesce", ["get", "cases"], 0], 0], colour(this, "heat"), paper],
            "fill-opacity": ["interpolate", ["linear"], ["coalesce", ["get", "cases"], 0], 0, 0.55, 1, 0.14, 20, 0.45],
          },
        },
        { id: "area-lines", type: "line", source: "areas", paint: { "line-color": colour(this, "edge"), "line-width": 1 } },
        {
          id: "dots",
          type: "circle",
          source: "dots",
          maxzoom: this.dataset.buildings ? NEAR : 24,
          paint: { "circle-color": colour(this, "building"), "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 0.7, 13, 2] },
        },
        {
          id: "buildings",
          type: "fill",
          source: "buildings",
          filter: ["!=", ["geometry-type"], "Point"],
          paint: { "fill-color": colour(this, "building"), "fill-outline-color": colour(this, "edge") },
        },
        {
          id: "building-points",
          type: "circle",
          source: "buildings",
          filter: ["==", ["geometry-type"], "Point"],
          paint: { "circle-color": colour(this, "building"), "circle-radius": 3 },
        },
        {
          id: "tracks",
          type: "line",
          source: "tracks",
          layout: { "line-cap": "round", "line-join": "round" },
          paint: { "line-color": colour(this, "class-stop"), "line-width": 2, "line-dasharray": [2, 1.5] },
        },
        {
          id: "names",
          type: "symbol",
          source: "names",
          layout: {
            "text-field": ["get", "name"],
            "text-font": FONT,
            "text-size": 12,
            "text-max-width": 8,
            // Marks of cases are placed first, and wherever they are: a name goes to whichever side is free of them and of other
            // names, and stands in the middle where nobody fell ill. One that fits nowhere appears when the map is drawn nearer.
            "text-variable-anchor-offset": [
              "case",
              [">", ["coalesce", ["get", "cases"], 0], 0],
              ["literal", ["top", [0, 1.6], "bottom", [0, -1.6], "left", [1.6, 0], "right", [-1.6, 0]]],
              ["literal", ["center", [0, 0], "top", [0, 0.6], "bottom", [0, -0.6], "left", [0.6, 0], "right", [-0.6, 0]]],
            ],
            "text-justify": "auto",
            "text-padding": 3,
          },
          paint: { "text-color": ink, "text-halo-color": paper, "text-halo-width": 1.5 },
        },
        {
          id: "points",
          type: "circle",
          source: "points",
          paint: {
            "circle-color": kind as never,
            "circle-radius": ["interpolate", ["linear"], ["coalesce", ["get", "count"], 1], 1, 9, 20, 18],
            "circle-stroke-color": paper,
            "circle-stroke-width": 2,
          },
        },
        {
          id: "marks",
          type: "symbol",
          source: "points",
          layout: {
            "text-field": ["to-string", ["coalesce", ["get", "mark"], ["get", "count"]]],
            "text-font": FONT,
            "text-size": 11,
            "text-allow-overlap": true,
            "text-padding": 8, // the disc around it
          },
          paint: { "text-color": colour(this, "on-mark") },
        },
      ],
    };
  }
}

function itemsOf(point: Properties | undefined): Item[] {
  if (!point) return [];
  return point.items ?? [{ label: String(point.label ?? ""), kind_label: text(point.kind_label) ?? "", url: text(point.url) ?? "" }];
}

/** What is drawn gives back flat properties only: the number of the point leads to the rest. */
function numbered(points: Features | undefined): Features {
  const features = (points?.features ?? []).map((one, n) => {
    const { items: _, ...flat } = one.properties;
    const own = { count: 1, mark: "", ...flat, n, grave: KINDS.indexOf(String(flat.kind)) };
    return { ...one, properties: own };
  });
  return { type: "FeatureCollection", features };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}

function boundsOf(county: County): LngLatBounds {
  const bounds = new LngLatBounds();
  if (county.bounds) return bounds.extend([county.bounds[0], county.bounds[1]]).extend([county.bounds[2], county.bounds[3]]);
  for (const features of [county.areas, county.points, county.tracks]) {
    for (const one of features?.features ?? []) each(one.geometry, (at) => bounds.extend(at));
  }
  return bounds.isEmpty() ? bounds.extend([73, 18]).extend([135, 54]) : bounds;
}

function each(geometry: GeoJSON.Geometry, visit: (at: [number, number]) => void): void {
  const walk = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === "number") visit([part[0], Number(part[1])]);
    else part.forEach(walk);
  };
  if (geometry.type === "GeometryCollection") geometry.geometries.forEach((one) => each(one, visit));
  else walk(geometry.coordinates);
}

customElements.define("lf-map", CountyMap);
