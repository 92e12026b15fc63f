import { describe, expect, it } from "vitest";

import { addressOf, placeOf, stayWith } from "../src/place";

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
