import { describe, expect, it } from "vitest";

import { withRecords, type LogRecord } from "../src/records";

function record(id: number, hour: number, outcome: LogRecord["outcome"] = "unknown"): LogRecord {
  const at = `2026-11-26T${String(hour).padStart(2, "0")}:00:00+01:00`;
  return {
    id,
    occurred_at: at,
    arrived_at: at,
    terminal: "Office",
    serial: "ZX1",
    kind: "punch",
    person: "Ada",
    enroll_id: 1,
    method: "card",
    door_event: null,
    live: true,
    time_known: true,
    outcome,
    decided_by: null,
    photo: null,
  };
}

const ids = (records: readonly LogRecord[]) => records.map((it) => it.id);

describe("a list of records", () => {
  it("has what is new where it occurred", () => {
    expect(ids(withRecords([record(2, 9), record(1, 7)], [record(4, 8), record(3, 10)], false))).toEqual([3, 2, 4, 1]);
  });

  it("leaves to its page what is older than all that is shown", () => {
    expect(ids(withRecords([record(2, 9)], [record(3, 8)], true))).toEqual([2]);
    expect(ids(withRecords([record(2, 9)], [record(3, 8)], false))).toEqual([2, 3]);
  });

  it("has each record once, as it was told last", () => {
    const [only, ...rest] = withRecords([record(2, 9)], [record(2, 9, "refused")], true);
    expect([only?.outcome, rest]).toEqual(["refused", []]);
  });
});
