import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CsvFault, CsvReader } from "../../../api/services/probes/csv.ts";
import { readRows } from "../../../api/services/probes/read-table.ts";

const LIMITS = { columns: 100, cellLength: 1000 };

function rowsOf(pieces: readonly string[], delimiter = ","): readonly (readonly string[])[] {
  const rows: (readonly string[])[] = [];
  const reader = new CsvReader((row) => rows.push(row), LIMITS, delimiter);
  for (const piece of pieces) reader.push(piece);
  reader.end();
  return rows;
}

describe("splitting CSV", () => {
  it.each([
    ["LF", "a,b\nc,d\n"],
    ["CRLF", "a,b\r\nc,d\r\n"],
    ["CR", "a,b\rc,d\r"],
    ["no last line end", "a,b\nc,d"],
    ["blank rows", "\n\na,b\n \nc,d\n\n\n"],
    ["quotes", '"a","b"\n"c","d"'],
  ])("takes %s", (_name, csv) => {
    expect(rowsOf([csv])).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
  });

  it("keeps delimiters, line ends and doubled quotes inside quotes", () => {
    expect(rowsOf(['"a,1\r\n2","say ""yes""",""\n'])).toEqual([["a,1\r\n2", 'say "yes"', ""]]);
  });

  it("takes other delimiters", () => {
    expect(rowsOf(["1,5;2\n"], ";")).toEqual([["1,5", "2"]]);
    expect(rowsOf(["1\t2\n"], "\t")).toEqual([["1", "2"]]);
  });

  it.each([
    ["a quote inside a plain cell", 'a"b,c\n'],
    ["text after a closing quote", '"a"b,c\n'],
    ["a quote that never closes", '"a,b\nc,d\n'],
  ])("refuses %s", (_name, csv) => {
    expect(() => rowsOf([csv])).toThrow(CsvFault);
  });

  it("says the same of any table, however it is cut into pieces", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", "1", ",", '"', "\n", "\r", " ", "é") });
    const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { minLength: 1 });
    const written = (cells: readonly string[]) =>
      cells.map((one) => `"${one.replaceAll('"', '""')}"`).join(",");
    fc.assert(
      fc.property(table, fc.array(fc.nat({ max: 7 }), { minLength: 1 }), (rows, cuts) => {
        const csv = rows.map(written).join("\r\n");
        const pieces: string[] = [];
        for (let at = 0, i = 0; at < csv.length; i += 1) {
          const length = 1 + (cuts[i % cuts.length] ?? 0);
          pieces.push(csv.slice(at, at + length));
          at += length;
        }
        const kept = rows.filter((cells) => cells.some((one) => one.trim() !== ""));
        expect(rowsOf(pieces)).toEqual(kept);
        expect(rowsOf([csv])).toEqual(kept);
      }),
    );
  });
});

/** Each is refused or read; none may take longer than its length asks for. */
const HOSTILE: Readonly<Record<string, (length: number) => string>> = {
  "quoted cells without a line end": (n) => '"",'.repeat(n / 3),
  "no line end": (n) => "1,".repeat(n / 2),
  "only separators": (n) => ",".repeat(n),
  "one huge cell": (n) => "1".repeat(n),
  "one huge quoted cell": (n) => `"${"1\n".repeat(n / 2)}"`,
  "alternating quotes": (n) => '"'.repeat(n),
  "CR alone": (n) => "\r".repeat(n),
  "a quote that never closes": (n) => `"${"a,b\n".repeat(n / 4)}`,
  "two columns, no end": (n) => "1,2\n".repeat(n / 4),
};

describe("a hostile table", () => {
  it.each(Object.entries(HOSTILE))(
    "%s takes time in proportion to its length",
    async (_name, make) => {
      const timeMs = async (length: number) => {
        let fastest = Number.POSITIVE_INFINITY;
        for (let attempt = 0; attempt < 3; attempt += 1) {
          const text = make(length);
          const begun = performance.now();
          await readRows(text, "", () => undefined).catch(() => undefined);
          fastest = Math.min(fastest, performance.now() - begun);
        }
        return fastest;
      };
      await timeMs(200_000);
      const short = await timeMs(400_000);
      const long = await timeMs(3_200_000);
      // Eight times the length; what is quadratic takes 64 times as long.
      expect(long).toBeLessThan(24 * short + 60);
    },
  );

  it.each(Object.entries(HOSTILE))("%s never holds the loop for long", async (_name, make) => {
    const text = make(4_000_000);
    let longest = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    await readRows(text, "", () => undefined).catch(() => undefined);
    clearInterval(watch);
    // Asked is 50 ms; other tests share this machine.
    expect(longest).toBeLessThan(150);
  });
});
