import type { LossSurfaceAnswer } from "../../../../sdk/generated/schema.ts";
import { byId, element } from "../base/dom.ts";
import { showAmount, showNats, showValue } from "../base/numbers.ts";
import { color } from "../base/theme.ts";

/** Cividis, read off at nine places: even in lightness, and the same to color-blind eyes. */
const STOPS = [
  [0, 32, 76],
  [0, 50, 110],
  [62, 75, 107],
  [94, 98, 110],
  [124, 123, 120],
  [156, 149, 116],
  [189, 177, 105],
  [224, 206, 84],
  [255, 234, 70],
] as const;

/** Losses this far above the best one share the last color. */
const MOST_NATS = 0.3;

const MARGIN = { left: 62, right: 14, top: 12, bottom: 46 };
const HEIGHT = 300;

interface Point {
  readonly batchTokens?: number | undefined;
  readonly peakLearningRate?: number | undefined;
}

export interface HeatInput {
  readonly surface: LossSurfaceAnswer;
  readonly recommended: Point;
  readonly yours: Point;
}

let shown: HeatInput | undefined;

/** Loss over batch and learning rate, with the recommended point and the reader's own. */
export function showHeatMap(input: HeatInput): void {
  shown = input;
  redraw();
}

/** Redraws when the width or the colors of the page change. */
export function followHeatMap(): void {
  new ResizeObserver(redraw).observe(byId("heat"));
  document.addEventListener("themechange", redraw);
}

function redraw(): void {
  const host = byId("heat");
  const input = shown;
  if (input === undefined || host.clientWidth === 0) return;
  const width = host.clientWidth;
  const canvas = element("canvas", {
    width: width * devicePixelRatio,
    height: HEIGHT * devicePixelRatio,
  });
  canvas.style.width = `${width}px`;
  canvas.style.height = `${HEIGHT}px`;
  const ctx = canvas.getContext("2d");
  if (ctx === null) return;
  ctx.scale(devicePixelRatio, devicePixelRatio);
  const box = {
    left: MARGIN.left,
    top: MARGIN.top,
    width: width - MARGIN.left - MARGIN.right,
    height: HEIGHT - MARGIN.top - MARGIN.bottom,
  };
  paintCells(ctx, input.surface, box);
  paintAxes(ctx, input.surface, box);
  paintPoint(ctx, input.surface, box, input.recommended, "ring");
  paintPoint(ctx, input.surface, box, input.yours, "cross");
  const picture = element("div", { role: "img", "aria-label": inWords(input) }, canvas);
  host.replaceChildren(picture, legend(input));
}

type Box = {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
};

/** Position of a loss above the best one between the stops; the root spreads the valley, where the choice is made. */
function paintPixel(data: Uint8ClampedArray, pixel: number, nats: number): void {
  const at = (1 - Math.sqrt(Math.min(1, Math.max(0, nats) / MOST_NATS))) * (STOPS.length - 1);
  const from = STOPS[Math.floor(at)] ?? STOPS[0];
  const to = STOPS[Math.ceil(at)] ?? from;
  from.forEach((channel, index) => {
    data[4 * pixel + index] = channel + ((to[index] ?? channel) - channel) * (at % 1);
  });
  data[4 * pixel + 3] = 255;
}

/** A picture of one pixel a loss, columns of losses from below; drawn larger, the canvas blends between them. */
function pixelsOf(columns: readonly (readonly number[])[], best: number): HTMLCanvasElement {
  const width = columns.length;
  const height = columns[0]?.length ?? 1;
  const canvas = element("canvas", { width, height });
  const picture = new ImageData(width, height);
  columns.forEach((losses, x) => {
    losses.forEach((loss, y) => {
      paintPixel(picture.data, (height - 1 - y) * width + x, loss - best);
    });
  });
  canvas.getContext("2d")?.putImageData(picture, 0, 0);
  return canvas;
}

function paintCells(
  ctx: CanvasRenderingContext2D,
  { lossNats }: LossSurfaceAnswer,
  { left, top, width, height }: Box,
): void {
  const best = Math.min(...lossNats.flat());
  ctx.drawImage(pixelsOf(lossNats, best), left, top, width, height);
}

/** Position of a value on a logarithmic axis of cells, whose centres carry the values. */
function along(values: readonly number[], value: number): number {
  const first = Math.log(values[0] ?? 1);
  const last = Math.log(values.at(-1) ?? 1);
  const cells = values.length;
  return (0.5 + ((Math.log(value) - first) / (last - first)) * (cells - 1)) / cells;
}

function decades(values: readonly number[]): readonly number[] {
  const from = Math.ceil(Math.log10(values[0] ?? 1) - 1e-9);
  const to = Math.floor(Math.log10(values.at(-1) ?? 1) + 1e-9);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => 10 ** (from + index));
}

function paintAxes(ctx: CanvasRenderingContext2D, surface: LossSurfaceAnswer, box: Box): void {
  const { batchTokens, peakLearningRate } = surface;
  ctx.fillStyle = color("--ink-soft");
  ctx.font = "12px system-ui, sans-serif";
  ctx.textAlign = "center";
  const bottom = box.top + box.height;
  for (const tick of decades(batchTokens)) {
    const x = box.left + along(batchTokens, tick) * box.width;
    ctx.fillRect(x, bottom, 1, 5);
    ctx.fillText(showAmount(tick), x, bottom + 18);
  }
  ctx.fillText("batch, tokens", box.left + box.width / 2, bottom + 38);
  ctx.textAlign = "right";
  for (const tick of decades(peakLearningRate)) {
    const y = bottom - along(peakLearningRate, tick) * box.height;
    ctx.fillRect(box.left - 5, y, 5, 1);
    ctx.fillText(showValue(tick), box.left - 8, y + 4);
  }
  ctx.save();
  ctx.translate(13, box.top + box.height / 2);
  ctx.rotate(-Math.PI / 2);
  ctx.textAlign = "center";
  ctx.fillText("peak learning rate", 0, 0);
  ctx.restore();
}

function paintPoint(
  ctx: CanvasRenderingContext2D,
  { batchTokens, peakLearningRate }: LossSurfaceAnswer,
  box: Box,
  point: Point,
  form: "ring" | "cross",
): void {
  if (point.batchTokens === undefined || point.peakLearningRate === undefined) return;
  const inside = (share: number) => Math.min(1, Math.max(0, share));
  const x = box.left + inside(along(batchTokens, point.batchTokens)) * box.width;
  const y = box.top + (1 - inside(along(peakLearningRate, point.peakLearningRate))) * box.height;
  const path = new Path2D();
  if (form === "ring") path.arc(x, y, 7, 0, 2 * Math.PI);
  else {
    path.moveTo(x - 7, y - 7);
    path.lineTo(x + 7, y + 7);
    path.moveTo(x + 7, y - 7);
    path.lineTo(x - 7, y + 7);
  }
  // Dark on light on dark: seen on every color of the map.
  for (const [stroke, width] of [
    ["#000", 5],
    ["#fff", 2.5],
  ] as const) {
    ctx.strokeStyle = stroke;
    ctx.lineWidth = width;
    ctx.stroke(path);
  }
}

function pointInWords(name: string, { batchTokens, peakLearningRate }: Point): readonly string[] {
  return batchTokens === undefined || peakLearningRate === undefined
    ? []
    : [`${name}: ${showAmount(batchTokens)} tokens, ${showValue(peakLearningRate)}`];
}

function inWords({ surface, recommended, yours }: HeatInput): string {
  const { bOptTokens, peakLearningRate } = surface.optimum;
  return [
    "Heat map of loss by batch size and learning rate",
    ...pointInWords("lowest loss of the surface", {
      batchTokens: bOptTokens.value,
      peakLearningRate: peakLearningRate.value,
    }),
    ...pointInWords("recommended", recommended),
    ...pointInWords("yours", yours),
  ].join(". ");
}

function legend({ recommended, yours }: HeatInput): HTMLElement {
  const steps = Array.from({ length: 120 }, (_, x) => [(x / 119) * MOST_NATS]);
  const scale = pixelsOf(steps, 0);
  scale.className = "scale";
  const points = [
    ...pointInWords("○ recommended", recommended),
    ...pointInWords("✕ yours", yours),
  ].map((text) => element("li", {}, text));
  return element(
    "ul",
    { class: "legend", "aria-hidden": "true" },
    element("li", {}, "best ", scale, ` + ${showNats(MOST_NATS)} nats or more`),
    ...points,
  );
}
