import { describe, expect, it } from "vitest";

import { addressOf, placeOf } from "../src/place";

describe("an address", () => {
  it("is read as it was written", () => {
    const address = addressOf("people", ["a/b ü"], { text: "Ada & Co", group: "" });
    expect(address).toBe("/timmy-access/people/a%2Fb%20%C3%BC?text=Ada+%26+Co");
    const [path = "", search = ""] = address.replace("/timmy-access", "").split("?");
    expect(placeOf(path, `?${search}`)).toEqual({ view: "people", rest: ["a/b ü"], query: { text: "Ada & Co" } });
  });
});
