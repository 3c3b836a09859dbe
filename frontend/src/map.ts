// <lf-map>: areas, buildings, cases and tracks from the register's own GeoJSON. Nothing is fetched from outside: there are no tiles,
// and names are drawn from the reader's own fonts (a style without "glyphs" makes MapLibre draw every character itself).
import {
  type GeoJSONSource,
  LngLatBounds,
  Map as MapLibre,
  type MapMouseEvent,
  NavigationControl,
  Popup,
  setWorkerUrl,
  type StyleSpecification,
} from "maplibre-gl";

import { calm, type Cell, colour, element, follow, Island, type Said, tableOf } from "./island";

setWorkerUrl(new URL(/* @vite-ignore */ "./map-worker.js", import.meta.url).href);

type Properties = Record<string, string | number | boolean | null>;
type Features = GeoJSON.FeatureCollection<GeoJSON.Geometry, Properties>;

/**
 * areas      polygons: code, name, level, cases (shading and table), url
 * buildings  polygons or points: code, name
 * tracks     lines: label
 * points     points: mark (one or two characters in the circle), kind (a classification, or "stop"), label, count, url
 * Words: title, area, cases, place, what, table, failed, zoom_in, zoom_out, scroll, touch
 */
interface County extends Said {
  bounds?: [number, number, number, number];
  areas?: Features;
  buildings?: Features;
  tracks?: Features;
  points?: Features;
}

const NOTHING: Features = { type: "FeatureCollection", features: [] };
const SOURCES = ["areas", "names", "buildings", "tracks", "points"] as const;
const FONT = ["Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"];
const KINDS = ["confirmed", "asymptomatic", "suspected", "stop"];

class CountyMap extends Island<County> {
  private map: MapLibre | null = null;
  private ready: Promise<void> | null = null;
  private popup: Popup | null = null;
  private shownBounds = "";

  protected async draw(county: County): Promise<void> {
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
    const points = county.points?.features ?? [];
    const rows = points.map((one): Cell[] => [
      { text: String(one.properties.label ?? ""), url: text(one.properties.url) },
      String(one.properties.kind_label ?? ""),
      Number(one.properties.count ?? 1),
    ]);
    if (!rows.length) return null;
    return tableOf(this.word("title"), [this.word("place"), this.word("what"), this.word("count")], rows);
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
    const now = { areas: county.areas, names, buildings: county.buildings, tracks: county.tracks, points: county.points };
    for (const name of SOURCES) map.getSource<GeoJSONSource>(name)?.setData(now[name] ?? NOTHING);
  }

  private listen(map: MapLibre): void {
    map.on("click", "points", (at) => this.show(map, at));
    map.on("click", "areas", (at) => {
      if (map.queryRenderedFeatures(at.point, { layers: ["points"] }).length) return;
      follow(text(at.features?.[0]?.properties.url));
    });
    for (const layer of ["points", "areas"]) {
      map.on("mousemove", layer, (at) => {
        map.getCanvas().style.cursor = at.features?.some((one) => one.properties.url) ? "pointer" : "";
      });
      map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
    }
  }

  private show(map: MapLibre, at: MapMouseEvent & { features?: { properties: Properties }[] }): void {
    const inside = element("ul", "lf-popup");
    for (const one of at.features ?? []) {
      const line = element("li");
      const link = one.properties.url ? element("a") : element("span");
      link.textContent = [one.properties.label, one.properties.kind_label].filter(Boolean).join(" · ");
      if (link instanceof HTMLAnchorElement) link.href = String(one.properties.url);
      line.append(link);
      inside.append(line);
    }
    this.popup?.remove();
    this.popup = new Popup({ closeButton: false, maxWidth: "280px" }).setLngLat(at.lngLat).setDOMContent(inside).addTo(map);
  }

  private look(): StyleSpecification {
    const ink = colour(this, "ink");
    const paper = colour(this, "panel");
    const kind = ["match", ["get", "kind"], ...KINDS.flatMap((one) => [one, colour(this, `class-${one}`)]), colour(this, "faint")];
    const source = { type: "geojson" as const, data: NOTHING };
    return {
      version: 8,
      sources: Object.fromEntries(SOURCES.map((name) => [name, source])),
      layers: [
        { id: "paper", type: "background", paint: { "background-color": colour(this, "ground") } },
        {
          id: "areas",
          type: "fill",
          source: "areas",
          paint: {
            "fill-color": ["case", [">", ["coalesce", ["get", "cases"], 0], 0], colour(this, "heat"), paper],
            "fill-opacity": ["interpolate", ["linear"], ["coalesce", ["get", "cases"], 0], 0, 0.55, 1, 0.16, 20, 0.5],
          },
        },
        { id: "area-lines", type: "line", source: "areas", paint: { "line-color": colour(this, "edge"), "line-width": 1 } },
        {
          id: "buildings",
          type: "fill",
          source: "buildings",
          minzoom: 10,
          paint: { "fill-color": colour(this, "building"), "fill-opacity": 0.9 },
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
          layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12, "text-max-width": 8 },
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
            "text-field": ["to-string", ["coalesce", ["get", "mark"], ""]],
            "text-font": FONT,
            "text-size": 11,
            "text-allow-overlap": true,
          },
          paint: { "text-color": colour(this, "on-mark") },
        },
      ],
    };
  }
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
