import { describe, expect, it } from "vitest";

import { withStates } from "../src/states";

describe("states of entities", () => {
  it("follow what Home Assistant tells: added, changed, removed", () => {
    const first = withStates(new Map(), {
      a: { "lock.a": { s: "locked", a: { code_format: "x", friendly_name: "A" } }, "lock.b": { s: "unavailable" } },
    });
    expect(first.get("lock.a")).toEqual({ state: "locked", attributes: { code_format: "x", friendly_name: "A" } });
    expect(first.get("lock.b")).toEqual({ state: "unavailable", attributes: {} });
    const second = withStates(first, {
      c: { "lock.a": { "+": { s: "open", a: { changed_by: "Ada" } }, "-": { a: ["code_format"] } } },
      r: ["lock.b"],
    });
    expect(second.get("lock.a")).toEqual({ state: "open", attributes: { changed_by: "Ada", friendly_name: "A" } });
    expect([...second.keys()]).toEqual(["lock.a"]);
    expect(first.get("lock.a")?.state).toBe("locked");
  });

  it("leave alone what they do not know", () => {
    expect(withStates(new Map(), { c: { "lock.a": { "+": { s: "open" } } } }).size).toBe(0);
  });
});
