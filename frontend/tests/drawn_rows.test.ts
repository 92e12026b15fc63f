import { describe, expect, it } from "vitest";

import { DrawnRows, type Key } from "../src/drawn_rows";

function range(begin: number, end: number): number[] {
  return Array.from({ length: end - begin }, (_, index) => begin + index);
}

describe("rows that are drawn", () => {
  it("are changed, not drawn, for what comes into sight, and stay where they are", () => {
    const rows = new DrawnRows();
    const gone: Key[] = [];
    const before = [...rows.show(range(0, 10), true, (key) => gone.push(key)).keys()];
    const after = rows.show(range(4, 14), false, (key) => gone.push(key));
    expect([...after.keys()]).toEqual(before);
    expect(gone).toEqual([0, 1, 2, 3]);
    // What is still seen is where it was.
    expect([...after].filter(([row]) => row >= 4).map(([row, place]) => [row, place])).toEqual(
      range(4, 10).map((key) => [key, key - 4]),
    );
  });

  it("lie as they are seen when nothing moves", () => {
    const rows = new DrawnRows();
    rows.show(range(0, 10), true, () => undefined);
    rows.show(range(4, 14), false, () => undefined);
    expect([...rows.show(range(4, 14), true, () => undefined).values()]).toEqual(range(0, 10));
  });

  it("show each key once, whatever comes and goes", () => {
    const rows = new DrawnRows();
    // A fixed sequence that looks like none.
    let seed = 1;
    const upTo = (limit: number) => (seed = (seed * 48271) % 2147483647) % limit;
    let seen = new Map<Key, number>();
    for (let round = 0; round < 500; round++) {
      const begin = upTo(40);
      const keys = range(begin, begin + upTo(20)).filter(() => upTo(10) > 0);
      const gone: Key[] = [];
      const shown = rows.show(keys, upTo(2) === 0, (key) => gone.push(key));
      expect([...shown.values()].sort((one, other) => one - other)).toEqual(range(0, keys.length));
      const now = new Map([...shown].map(([row, place]) => [keys[place] as Key, row]));
      expect(new Set(gone)).toEqual(new Set([...seen.keys()].filter((key) => !now.has(key))));
      for (const [key, row] of now) if (seen.has(key)) expect(row).toBe(seen.get(key));
      seen = now;
    }
  });
});
