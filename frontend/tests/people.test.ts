import { describe, expect, it } from "vitest";

import { typeable, typed } from "../src/moments";
import { found, needsAttention, peopleWith, standingsOf, validityOf, type Person } from "../src/people";

const NOW = Date.parse("2026-11-26T12:00:00+00:00");

function person(name: string, changes: Partial<Person> = {}): Person {
  return {
    name,
    enroll_id: 1,
    enabled: true,
    valid_from: null,
    valid_until: null,
    role: "user",
    groups: [],
    credentials: [],
    person_entity_id: null,
    note: "",
    placements: {},
    ...changes,
  };
}

describe("people", () => {
  it("begin anew, change and go", () => {
    const first = peopleWith(undefined, { people: { a: person("Ada") }, begins: true, more: true });
    expect(first.whole).toBe(false);
    const second = peopleWith(first, { people: { b: person("Bea"), a: null }, begins: false, more: false });
    expect([...second.byId.keys()]).toEqual(["b"]);
    expect(second.whole).toBe(true);
    expect([...peopleWith(second, { people: {}, begins: true, more: false }).byId]).toEqual([]);
  });

  it("are found without capitals and accents, by number, group and state", () => {
    const people = new Map([
      ["z", person("Zoë Ångström", { groups: ["family"], enroll_id: 12 })],
      ["a", person("Ada", { enabled: false, placements: { S1: ["differs", "changed"] } })],
    ]);
    const names = (wanted: object) =>
      found(people, { text: "", group: "", state: "", ...wanted }, NOW).map(([id]) => id);
    expect(names({})).toEqual(["a", "z"]);
    expect(names({ text: " angst " })).toEqual(["z"]);
    expect(names({ text: "12" })).toEqual(["z"]);
    expect(names({ group: "family" })).toEqual(["z"]);
    expect(names({ state: "disabled" })).toEqual(["a"]);
    expect(names({ state: "attention" })).toEqual(["a"]);
    expect(names({ text: "nobody" })).toEqual([]);
  });

  it("may pass from their first day until their last", () => {
    const from = "2026-11-26T13:00:00+01:00";
    expect(validityOf(person("Ada"), NOW)).toBe("valid");
    expect(validityOf(person("Ada", { valid_from: from }), NOW)).toBe("valid");
    expect(validityOf(person("Ada", { valid_from: from }), NOW - 1)).toBe("not_yet");
    expect(validityOf(person("Ada", { valid_until: from }), NOW)).toBe("expired");
    expect(validityOf(person("Ada", { valid_until: from }), NOW - 1)).toBe("valid");
    expect(validityOf(person("Ada", { enabled: false, valid_until: from }), NOW)).toBe("disabled");
  });

  it("stand on terminals, worst first", () => {
    const ada = person("Ada", {
      placements: { S1: ["in_step", null], S2: ["refused", "no_space"], S3: ["in_step", null] },
    });
    expect(standingsOf(ada)).toEqual([
      ["refused", ["S2"]],
      ["in_step", ["S1", "S3"]],
    ]);
    expect(needsAttention(ada)).toBe(true);
  });
});

describe("a moment that is typed", () => {
  const locale = { language: "en", number_format: "language", time_format: "24", first_weekday: "monday" } as const;

  it("is in the zone of the server where the user has it so", () => {
    const hass = { locale: { ...locale, time_zone: "server" as const } };
    expect(typeable("2026-12-01T18:00:00+01:00", hass)).toBe("2026-12-01T18:00");
    expect(typed("2026-12-01T18:00", hass)).toBe("2026-12-01T18:00");
  });

  it("comes back the same from the zone of the browser, and nothing stays nothing", () => {
    const hass = { locale: { ...locale, time_zone: "local" as const } };
    expect(typed(typeable("2026-12-01T18:00:00+01:00", hass), hass)).toBe("2026-12-01T17:00:00.000Z");
    expect([typeable(null, hass), typed("", hass)]).toEqual(["", null]);
  });
});
