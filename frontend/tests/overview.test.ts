import { describe, expect, it } from "vitest";

import { doorName, macInWords, withNews, type House, type Terminal } from "../src/overview";

const AT_REST = { mode: "normal", held_until: null, held_by: null, emergency: null } as const;
const HOUSE: House = { known: true, people: 2, groups: 1, vault: "open", differences: 0, waiting: 0, emergencies: [] };

function terminal(serial: string, name: string): Terminal {
  return {
    serial,
    device_id: serial,
    name,
    model: null,
    online: true,
    is_here: true,
    last_seen: null,
    kept_in_step: false,
    differences: 0,
    waiting: 0,
    was_reset: false,
    entities: { alarm: null, cancel_alarm: null, door: null, door_mode: null, tamper: null },
    machine: { firmware: null, clock_ahead: null, unsent: null, used: [] },
    latest: null,
    doors: [],
  };
}

describe("the overview", () => {
  it("holds terminals by name, and lets go of those that are gone", () => {
    const first = withNews(undefined, {
      house: HOUSE,
      pending: [
        {
          mark: "c",
          serial: "C",
          model: "TFS30",
          address: "192.0.2.7",
          cpu_serial: null,
          mac: null,
          people: null,
          doors: 1,
          may_be_kept: false,
        },
      ],
      terminals: { B: terminal("B", "Yard"), A: terminal("A", "Office") },
    });
    expect([...first.terminals.values()].map((it) => it.name)).toEqual(["Office", "Yard"]);
    const second = withNews(first, { house: { ...HOUSE, people: 3 }, pending: [], terminals: { B: null } });
    expect([...second.terminals.keys()]).toEqual(["A"]);
    expect(second.house.people).toBe(3);
    expect(first.terminals.size).toBe(2);
    expect([first.pending.length, second.pending.length]).toEqual([1, 0]);
  });

  it("calls the only door of a terminal like the terminal", () => {
    expect(doorName(terminal("A", "Office"), { number: 1, name: null, device_id: "A", lock: null, ...AT_REST })).toBe(
      "Office",
    );
    expect(
      doorName(terminal("A", "Office"), { number: 2, name: "Side", device_id: "A2", lock: null, ...AT_REST }),
    ).toBe("Office: Side");
  });
});

it("writes the address of a network card as Home Assistant does, and leaves what is none", () => {
  expect(macInWords("0001a9303031")).toBe("00:01:a9:30:30:31");
  expect(macInWords("00:01:A9:30:30:31")).toBe("00:01:A9:30:30:31");
  expect(macInWords("none")).toBe("none");
});
