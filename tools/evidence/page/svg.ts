/** Attributes of an element; numbers are written with one decimal, so that last bits never show. */
type Attributes = { readonly [name: string]: string | number | undefined };

/** Colours that stay apart for the colour-blind (Okabe and Ito). */
export const PALETTE = {
  black: "#1a1a1a",
  grey: "#8a8a8a",
  pale: "#e6e6e6",
  blue: "#0072b2",
  sky: "#56b4e9",
  green: "#009e73",
  orange: "#e69f00",
  red: "#d55e00",
  pink: "#cc79a7",
} as const;

const FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif";

/** A coordinate with one decimal, without a trailing zero. */
function short(value: number): string {
  const rounded = Math.round(value * 10) / 10;
  return String(Object.is(rounded, -0) ? 0 : rounded);
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** One element with its children, on a line of its own. */
export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? short(value) : value}"`)
    .join("");
  if (children.length === 0) return `<${name}${written}/>`;
  return `<${name}${written}>${children.join("")}</${name}>`;
}

/** How a text is set. */
export interface TextStyle {
  readonly anchor?: "start" | "middle" | "end";
  readonly size?: number;
  readonly fill?: string;
  readonly bold?: boolean;
  readonly turned?: boolean;
}

/** A text at a point of its baseline. */
export function label(x: number, y: number, text: string, style: TextStyle = {}): string {
  const { anchor = "start", size = 12, fill = PALETTE.black, bold, turned } = style;
  return element(
    "text",
    {
      x,
      y,
      "font-size": size,
      fill,
      "text-anchor": anchor === "start" ? undefined : anchor,
      "font-weight": bold === true ? "bold" : undefined,
      transform: turned === true ? `rotate(-90 ${short(x)} ${short(y)})` : undefined,
    },
    escapeText(text),
  );
}

/** A straight line. */
export function line(
  from: readonly [number, number],
  to: readonly [number, number],
  stroke: string,
  width = 1,
  dashes?: string,
): string {
  return element("line", {
    x1: from[0],
    y1: from[1],
    x2: to[0],
    y2: to[1],
    stroke,
    "stroke-width": width,
    "stroke-dasharray": dashes,
  });
}

/** A line through points. */
export function polyline(
  points: readonly (readonly [number, number])[],
  stroke: string,
  width = 1.5,
  dashes?: string,
): string {
  return element("polyline", {
    points: points.map(([x, y]) => `${short(x)},${short(y)}`).join(" "),
    fill: "none",
    stroke,
    "stroke-width": width,
    "stroke-dasharray": dashes,
  });
}

/** A dot; hollow ones are filled with white. */
export function dot(x: number, y: number, fill: string, radius = 3.5, hollow = false): string {
  return element("circle", {
    cx: x,
    cy: y,
    r: radius,
    fill: hollow ? "#ffffff" : fill,
    stroke: hollow ? fill : undefined,
    "stroke-width": hollow ? 1.5 : undefined,
  });
}

/** A filled rectangle. */
export function box(x: number, y: number, width: number, height: number, fill: string): string {
  return element("rect", { x, y, width, height, fill });
}

/** The whole picture on white, with what it shows as its accessible name. */
export function picture(
  width: number,
  height: number,
  title: string,
  parts: readonly string[],
): string {
  const head =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"` +
    ` viewBox="0 0 ${width} ${height}" font-family="${FONT}" role="img">`;
  return [
    head,
    element("title", {}, escapeText(title)),
    box(0, 0, width, height, "#ffffff"),
    ...parts,
    "</svg>\n",
  ].join("\n");
}
