/** What a table may have; a row is given up at the first cell beyond it. */
export interface CsvLimits {
  readonly columns: number;
  /** Characters. */
  readonly cellLength: number;
}

/** Why a text is not CSV, or is larger than allowed, with the row it happened in, counted from 1. */
export class CsvFault extends Error {
  readonly kind: "quotes" | "columns" | "cell-length";
  readonly row: number;

  constructor(kind: CsvFault["kind"], row: number) {
    super(`${kind} in row ${row}`);
    this.kind = kind;
    this.row = row;
  }
}

const QUOTE = 34;
const LF = 10;
const CR = 13;

type Place = "start" | "plain" | "quoted" | "after-quote";

/**
 * Splits CSV (RFC 4180; CR, LF or CRLF end a row, blank rows are skipped) into rows, from pieces of any size.
 *
 * The parsers in the registries either scan a quoted row again for every piece, hand a row over only when it is whole,
 * or need Node's buffers: none stops inside a row that is too wide, which a service has to.
 *
 * @complexity linear in the characters, whatever they are; memory for one row within the limits.
 * @throws {CsvFault} from `push` and `end`.
 */
export class CsvReader {
  readonly #onRow: (cells: readonly string[]) => void;
  readonly #limits: CsvLimits;
  readonly #delimiter: number;
  #cells: string[] = [];
  #cell = "";
  #place: Place = "start";
  #afterCr = false;
  #row = 1;

  constructor(onRow: (cells: readonly string[]) => void, limits: CsvLimits, delimiter = ",") {
    this.#onRow = onRow;
    this.#limits = limits;
    this.#delimiter = delimiter.charCodeAt(0);
  }

  push(piece: string): void {
    let from = 0;
    for (let at = 0; at < piece.length; at += 1) {
      const code = piece.charCodeAt(at);
      if (this.#place === "quoted") {
        if (code !== QUOTE) continue;
        this.#take(piece, from, at);
        this.#place = "after-quote";
      } else if (code === this.#delimiter) {
        this.#take(piece, from, at);
        this.#endCell();
      } else if (code === LF || code === CR) {
        this.#take(piece, from, at);
        this.#endLine(code);
      } else if (code === QUOTE) {
        this.#quote();
      } else {
        this.#letter();
        continue;
      }
      from = at + 1;
    }
    this.#take(piece, from, piece.length);
  }

  end(): void {
    if (this.#place === "quoted") throw new CsvFault("quotes", this.#row);
    if (this.#cells.length > 0 || this.#cell !== "" || this.#place !== "start") this.#endRow();
  }

  #quote(): void {
    if (this.#place === "plain") throw new CsvFault("quotes", this.#row);
    // A second quote right after the closing one stands for a quote.
    if (this.#place === "after-quote") this.#cell += '"';
    this.#place = "quoted";
    this.#afterCr = false;
  }

  #letter(): void {
    if (this.#place === "after-quote") throw new CsvFault("quotes", this.#row);
    this.#place = "plain";
    this.#afterCr = false;
  }

  #take(piece: string, from: number, to: number): void {
    if (to > from) this.#cell += piece.slice(from, to);
    if (this.#cell.length > this.#limits.cellLength) throw new CsvFault("cell-length", this.#row);
  }

  #endCell(): void {
    this.#cells.push(this.#cell);
    if (this.#cells.length > this.#limits.columns) throw new CsvFault("columns", this.#row);
    this.#cell = "";
    this.#place = "start";
    this.#afterCr = false;
  }

  #endLine(code: number): void {
    const secondOfCrLf = code === LF && this.#afterCr;
    this.#afterCr = code === CR;
    if (!secondOfCrLf) this.#endRow();
  }

  #endRow(): void {
    const afterCr = this.#afterCr;
    this.#endCell();
    this.#afterCr = afterCr;
    const cells = this.#cells;
    this.#cells = [];
    this.#row += 1;
    if (cells.some((cell) => cell.trim() !== "")) this.#onRow(cells);
  }
}
