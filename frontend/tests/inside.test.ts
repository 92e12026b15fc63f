import { describe, expect, it } from "vitest";

import { found, named, type Present } from "../src/inside";

function present(enroll_id: number, name: string | null, changes: Partial<Present> = {}): Present {
  return {
    enroll_id,
    name,
    person_entity_id: null,
    since: "2026-11-26T08:00:00+01:00",
    terminal: "Front door",
    inside: true,
    safe: false,
    safe_at: null,
    safe_by: null,
    ...changes,
  };
}

describe("who is inside", () => {
  const people = [
    present(1, "Ada"),
    present(2, null),
    present(3, "Grace", { safe: true }),
    present(4, "Alan", { inside: false }),
  ];

  it("is found by name and number", () => {
    expect(found(people, " AD ", false).map((it) => it.enroll_id)).toEqual([1]);
    expect(found(people, "2", false).map((it) => it.enroll_id)).toEqual([2]);
    expect(found(people, "", false)).toHaveLength(4);
  });

  it("is missing while neither safe nor gone", () => {
    expect(found(people, "", true).map((it) => it.enroll_id)).toEqual([1, 2]);
  });

  it("is told to the server so that it is nobody else", () => {
    expect(named(present(2, null))).toEqual({ enroll_id: 2, name: "", terminal: "Front door" });
  });
});
