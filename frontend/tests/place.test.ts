import { describe, expect, it } from "vitest";

import { addressOf, listenerOf, placeOf, stayWith, type Listener } from "../src/place";

describe("an address", () => {
  it("is read as it was written", () => {
    const address = addressOf("people", ["a/b ü"], { text: "Ada & Co", group: "" });
    expect(address).toBe("/timmy-access/people/a%2Fb%20%C3%BC?text=Ada+%26+Co");
    const [path = "", search = ""] = address.replace("/timmy-access", "").split("?");
    expect(placeOf(path, `?${search}`)).toEqual({ view: "people", rest: ["a/b ü"], query: { text: "Ada & Co" } });
  });

  it("names the listener where there are several, and the one that is asked for first", () => {
    stayWith("one");
    expect(addressOf("log", [], { day: "2026-11-26" })).toBe("/timmy-access/log?listener=one&day=2026-11-26");
    expect(addressOf("log", [], { listener: "two" })).toBe("/timmy-access/log?listener=two");
    stayWith("");
    expect(addressOf("log")).toBe("/timmy-access/log");
  });
});

describe("the listener that is meant", () => {
  const listener = (id: string, state: string, ...terminals: string[]): Listener => ({
    config_entry_id: id,
    title: id,
    state,
    terminals,
  });
  const listeners = [
    listener("off", "not_loaded"),
    listener("house", "loaded", "A1"),
    listener("annex", "loaded", "B2"),
  ];
  const meant = (path: string, search = "", present?: string) =>
    listenerOf(placeOf(path, search), listeners, present)?.config_entry_id;

  it("is the one that has the terminal, as devices lead there, unless one is named", () => {
    expect(meant("/terminals/B2")).toBe("annex");
    expect(meant("/log", "?terminal=B2", "house")).toBe("annex");
    expect(meant("/terminals/B2", "?listener=house")).toBe("house");
  });

  it("stays as it is, and is the first that runs in the beginning", () => {
    expect(meant("/people/B2")).toBe("house");
    expect(meant("/terminals/C3", "", "annex")).toBe("annex");
    expect(meant("/doors", "?listener=gone", "annex")).toBe("annex");
  });
});
