import { describe, expect, it } from "vitest";

import { changedKeys } from "../src/meanwhile";

describe("what somebody else has changed meanwhile", () => {
  it("is what is another by value, of what is edited", () => {
    const before = { name: "Ada", groups: ["a", "b"], note: "", people: 3 };
    expect(changedKeys(before, { ...before, groups: ["a", "b"], people: 4 }, ["name", "groups", "note"])).toEqual([]);
    const now = { ...before, name: "Ada L.", groups: ["a"] };
    expect(changedKeys(before, now, ["name", "groups", "note"])).toEqual(["name", "groups"]);
  });
});
