import { describe, expect, it } from "vitest";

import { absencesOf, isAbsence, withAbsences, type Absence } from "../src/absences";
import type { LogRecord } from "../src/records";

const NOW = Date.parse("2026-11-26T20:00:00Z");

function record(id: number, hour: number): LogRecord {
  return { id, occurred_at: `2026-11-26T${String(hour).padStart(2, "0")}:00:00Z` } as LogRecord;
}

function absence(serial: string, since: number, until: number | null): Absence {
  const at = (hour: number) => `2026-11-26T${String(hour).padStart(2, "0")}:30:00Z`;
  return { serial, since: at(since), until: until === null ? null : at(until), arrived: "whole" };
}

function told(rows: ReturnType<typeof withAbsences>): (string | number)[] {
  return rows.map((it) => (isAbsence(it) ? it.serial : it.id));
}

describe("absences in the log", () => {
  const records = [record(3, 18), record(2, 14), record(1, 10)];

  it("stand where they ended, and one that lasts at the top", () => {
    const rows = withAbsences(records, [absence("A", 11, 12), absence("B", 15, null)], false, NOW);
    expect(told(rows)).toEqual(["B", 3, 2, "A", 1]);
  });

  it("wait for the pages that are still to come", () => {
    const early = [absence("A", 7, 8)];
    expect(told(withAbsences(records, early, true, NOW))).toEqual([3, 2, 1]);
    expect(told(withAbsences(records, early, false, NOW))).toEqual([3, 2, 1, "A"]);
    expect(told(withAbsences([], early, false, NOW))).toEqual(["A"]);
  });

  it("are those of the terminal and the day that are looked at", () => {
    const all = [absence("A", 7, 8), absence("B", 15, null)];
    const none = { from: null, until: null };
    expect(absencesOf(all, { serial: "A", ...none }, NOW).map((it) => it.serial)).toEqual(["A"]);
    const later = { from: "2026-11-26T09:00:00Z", until: "2026-11-27T09:00:00Z" };
    expect(absencesOf(all, later, NOW).map((it) => it.serial)).toEqual(["B"]);
    const before = { from: "2026-11-25T00:00:00Z", until: "2026-11-26T08:00:00Z" };
    expect(absencesOf(all, before, NOW).map((it) => it.serial)).toEqual(["A"]);
  });
});
