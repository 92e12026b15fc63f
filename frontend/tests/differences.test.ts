import { describe, expect, it } from "vitest";

import {
  changes,
  differencesWith,
  houseSays,
  listed,
  mayBeKept,
  needsGroup,
  terminalSays,
  type Difference,
  type HoursByDoor,
} from "../src/differences";
import type { Home } from "../src/home";
import { Texts } from "../src/texts";

const TEXTS = "component.timmy_access.config_panel.";
const home = {
  texts: Texts.plain(),
  format: { number: String, moment: String },
  overview: { terminals: new Map() },
  hass: { locale: { time_format: "24" } },
} as unknown as Home;

function difference(mark: string, facts: Partial<Difference> = {}): Difference {
  return {
    mark,
    serial: "A",
    enroll_id: 7,
    kind: "changed",
    house: "Ada",
    house_role: "user",
    house_enabled: null,
    house_credentials: [],
    house_valid_from: null,
    house_valid_until: null,
    house_hours: null,
    there: "Ada",
    there_role: "user",
    there_enabled: true,
    there_credentials: [],
    there_valid_from: null,
    there_valid_until: null,
    there_hours: null,
    aspects: [],
    left: false,
    since: null,
    ...facts,
  };
}

describe("the differences", () => {
  it("holds what is told, and lets go of what is settled", () => {
    const first = differencesWith(undefined, {
      differences: { one: difference("one"), two: difference("two") },
      begins: true,
      more: true,
    });
    expect([first.byMark.size, first.whole]).toEqual([2, false]);
    const second = differencesWith(first, { differences: { one: null }, begins: false, more: false });
    expect([[...second.byMark.keys()], second.whole, first.byMark.size]).toEqual([["two"], true, 2]);
    expect(differencesWith(second, { differences: {}, begins: true, more: false }).byMark.size).toBe(0);
  });

  it("lists a terminal that was emptied first, and what is left as it is last", () => {
    const all = differencesWith(undefined, {
      differences: {
        left: difference("left", { house: "Aaron", left: true }),
        zoe: difference("zoe", { house: "Zoe" }),
        bo: difference("bo", { house: null, there: "Bo", serial: "B" }),
        reset: difference("reset", { kind: "was_reset", enroll_id: null, house: null, there: null }),
      },
      begins: true,
      more: false,
    });
    expect(listed(all, "").map((it) => it.mark)).toEqual(["reset", "bo", "zoe", "left"]);
    expect(listed(all, "B").map((it) => it.mark)).toEqual(["bo"]);
  });

  it("says what was changed, by both words", () => {
    const told = difference("one", {
      aspects: ["name", "enabled", "credentials"],
      there: "Eve",
      house_enabled: true,
      there_enabled: false,
      there_credentials: ["fingerprint_1"],
    });
    expect(changes(home, told)).toEqual([
      [`${TEXTS}person.name`, "Ada", "Eve"],
      [`${TEXTS}people.state`, `${TEXTS}differences.enabled`, `${TEXTS}people.disabled`],
      [`${TEXTS}person.credentials`, `${TEXTS}word.none`, `${TEXTS}person.kind_fingerprint 2`],
    ]);
  });

  it("says when somebody may pass, by both words", () => {
    const day = Object.fromEntries(
      ["mon", "tue", "wed", "thu", "fri"].map((it) => [it, [{ from: "08:00", to: "18:00" }]]),
    );
    const always = [...Object.keys(day), "sat", "sun"].map((it) => [it, [{ from: "00:00", to: "24:00" }]]);
    const told = difference("one", {
      aspects: ["dates", "hours"],
      house_valid_until: "2031-05-31T12:00:00+00:00",
      house_hours: { "1": day },
      there_hours: { "1": Object.fromEntries(always) as HoursByDoor[string] },
    });
    expect(changes(home, told)).toEqual([
      [
        `${TEXTS}differences.dates`,
        expect.stringContaining(`${TEXTS}guests.valid_until`),
        expect.stringContaining(`${TEXTS}guests.valid_always`),
      ],
      [`${TEXTS}groups.hours`, expect.stringMatching(/Mon–Fri 08:00–18:00/), `${TEXTS}word.always`],
    ]);
    const unknown = difference("one", { aspects: ["hours"], house_hours: { "1": {} }, there_hours: { "1": null } });
    expect(changes(home, unknown)).toEqual([
      [`${TEXTS}groups.hours`, `${TEXTS}groups.never`, `${TEXTS}groups.hours_unknown`],
    ]);
    expect([mayBeKept(unknown), mayBeKept(difference("two", { aspects: ["dates"] }))]).toEqual([false, true]);
  });

  it("shows as unknown what a terminal has not said", () => {
    const told = difference("one", { aspects: ["name", "role"], there: null, there_role: null });
    expect(changes(home, told).map(([, , there]) => there)).toEqual([`${TEXTS}word.unknown`, `${TEXTS}word.unknown`]);
    expect(terminalSays(home, difference("two", { kind: "unknown_here", there: null }))).toEqual([
      `${TEXTS}word.unknown`,
    ]);
  });

  it("asks for groups where somebody comes into the house by it", () => {
    const stranger = difference("one", { kind: "unknown_here", house: null, there: "Eve" });
    expect([needsGroup(stranger), houseSays(home, stranger)]).toEqual([true, [`${TEXTS}differences.nobody`]]);
    const other = difference("two", { kind: "somebody_else", there: "Eve" });
    expect([needsGroup(other), houseSays(home, other)]).toEqual([false, ["Ada"]]);
    expect(needsGroup(difference("three", { kind: "somebody_else", house: null }))).toBe(true);
    expect(houseSays(home, difference("four", { kind: "deleted_here" }))).toEqual([
      "Ada",
      `${TEXTS}differences.belongs`,
    ]);
  });
});
