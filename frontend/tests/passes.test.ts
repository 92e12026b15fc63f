import { describe, expect, it } from "vitest";

import { fromEntered, toEntered } from "../src/entered_time";
import type { HomeAssistant } from "../src/home_assistant";
import { withPasses, type Pass } from "../src/passes";

function pass(pass_id: string, state: string, created_at: string): Pass {
  return {
    pass_id,
    name: pass_id,
    state,
    doors: [],
    created_at,
    valid_from: null,
    valid_until: null,
    weekdays: null,
    start_time: null,
    end_time: null,
    uses: 0,
    max_uses: null,
    calendar: null,
    tag: null,
    with_pin: false,
  };
}

describe("passes", () => {
  it("stand newest first and ended ones last, and go when they are told to be gone", () => {
    const first = withPasses(undefined, {
      all: true,
      passes: {
        A: pass("A", "active", "2026-11-01T10:00:00+01:00"),
        B: pass("B", "revoked", "2026-11-03T10:00:00+01:00"),
        C: pass("C", "not_yet_valid", "2026-11-02T10:00:00+01:00"),
      },
    });
    expect([...first.keys()]).toEqual(["C", "A", "B"]);
    expect([...withPasses(first, { all: false, passes: { C: null } }).keys()]).toEqual(["A", "B"]);
    expect(withPasses(first, { all: true, passes: {} }).size).toBe(0);
  });
});

describe("a time that is entered", () => {
  const hass = (time_zone: "local" | "server") =>
    ({ locale: { time_zone }, config: { time_zone: "Asia/Kolkata" } }) as unknown as HomeAssistant;

  it("is the house's where the user chose so", () => {
    expect(toEntered(hass("server"), "2026-11-26T20:00:00+00:00")).toBe("2026-11-27T01:30");
    expect(fromEntered(hass("server"), "2026-11-27T01:30")).toBe("2026-11-27T01:30");
  });

  it("is the browser's otherwise, and comes back as the same moment", () => {
    const moment = "2026-11-26T20:00:00.000Z";
    expect(fromEntered(hass("local"), toEntered(hass("local"), moment))).toBe(moment);
  });
});
