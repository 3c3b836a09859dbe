// A picture of chains as a file: drawn anew from the data as SVG, whole and in any size; the same as PNG.
import { element, wrap } from "./island";

export interface Dot {
  x: number;
  y: number;
  size: number;
  colour: string;
  label: string;
}

export interface Line {
  from: number;
  to: number;
  width: number;
  colour: string;
  label?: string;
}

export interface Drawn {
  title: string;
  dots: Dot[];
  lines: Line[];
  ink: string;
  paper: string;
  letters: string;
}

const [WIDTH, HEIGHT, EDGE] = [1600, 900, 60];
const SHARP = 2; // dots of the PNG for one of the drawing

const safe = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const round = (value: number): string => String(Math.round(value * 10) / 10);

export function svgOf({ title, dots, lines, ink, paper, letters }: Drawn): string {
  const along = scale(dots.map((dot) => dot.x), EDGE, WIDTH - EDGE);
  const down = scale(dots.map((dot) => -dot.y), EDGE, HEIGHT - EDGE);
  const at = dots.map((dot) => ({ ...dot, x: along(dot.x), y: down(-dot.y) }));
  const drawn = lines.map(({ from, to, width, colour, label }) => {
    const [a, b] = [at[from]!, at[to]!];
    const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    const end = Math.max(0, 1 - (b.size + 3) / length); // the head of the arrow stands beside the dot
    const [x, y] = [a.x + (b.x - a.x) * end, a.y + (b.y - a.y) * end];
    const line = `<line x1="${round(a.x)}" y1="${round(a.y)}" x2="${round(x)}" y2="${round(y)}" stroke="${safe(colour)}" stroke-width="${round(width)}" marker-end="url(#head)"/>`;
    return label ? `${line}<text x="${round((a.x + b.x) / 2)}" y="${round((a.y + b.y) / 2 - 4)}" text-anchor="middle">${safe(label)}</text>` : line;
  });
  const marks = at.map(
    ({ x, y, size, colour, label }) =>
      `<circle cx="${round(x)}" cy="${round(y)}" r="${round(size)}" fill="${safe(colour)}"/>` +
      (label ? `<text x="${round(x)}" y="${round(y + size + 13)}" text-anchor="middle">${safe(label)}</text>` : ""),
  );
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">` +
    `<title>${safe(title)}</title>` +
    `<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="${safe(ink)}"/></marker></defs>` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="${safe(paper)}"/>` +
    `<g font-family="${safe(letters)}" font-size="12" fill="${safe(ink)}" paint-order="stroke" stroke-linejoin="round">` +
    `<g stroke-opacity="0.8">${drawn.join("")}</g><g>${marks.join("")}</g>` +
    `<text x="${EDGE}" y="28" font-size="16">${safe(title)}</text></g></svg>`
  );
}

/** Two buttons that save what `drawn` gives at the time when they are pressed. */
export function saveButtons(word: (name: string) => string, drawn: () => Drawn, name: () => string): HTMLElement {
  const as = (kind: string, make: (svg: string) => Promise<Blob | null> | Blob): HTMLElement => {
    const button = element("button", "", word(`save_${kind}`));
    button.type = "button";
    button.dataset.save = kind;
    button.addEventListener("click", async () => {
      const blob = await make(svgOf(drawn()));
      if (blob) hand(blob, `${name()}.${kind}`);
    });
    return button;
  };
  return wrap("span", "lf-save", as("svg", (svg) => new Blob([svg], { type: "image/svg+xml" })), as("png", pngOf));
}

async function pngOf(svg: string): Promise<Blob | null> {
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image(WIDTH * SHARP, HEIGHT * SHARP);
    image.src = address;
    await image.decode();
    const canvas = element("canvas");
    Object.assign(canvas, { width: WIDTH * SHARP, height: HEIGHT * SHARP });
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => canvas.toBlob(done, "image/png"));
  } finally {
    URL.revokeObjectURL(address);
  }
}

function hand(blob: Blob, name: string): void {
  const link = element("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function scale(values: number[], from: number, to: number): (value: number) => number {
  const [low, high] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  return (value) => (high > low ? from + ((value - low) / (high - low)) * (to - from) : (from + to) / 2);
}
