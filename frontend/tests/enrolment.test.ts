import { describe, expect, it } from "vitest";

import { parts } from "../src/credentials";
import { fingersOf, isKind, isUnderWay, nextFinger, type Recording } from "../src/enrolment";
import type { Person } from "../src/people";
import { fitting } from "../src/picture";

function withFingers(...kinds: string[]): Person {
  return { credentials: kinds.map((kind) => ({ kind, terminals: [] })) } as unknown as Person;
}

describe("a recording", () => {
  it("is under way until it is over", () => {
    const of = (step: string) => ({ step }) as Recording;
    expect(["preparing", "asked", "saving"].map((it) => isUnderWay(of(it)))).toEqual([true, true, true]);
    expect(["done", "failed", "cancelled"].map((it) => isUnderWay(of(it)))).toEqual([false, false, false]);
    expect(isUnderWay(undefined)).toBe(false);
  });

  it("is of a kind that an address may name", () => {
    expect([isKind("face"), isKind("toe"), isKind(undefined)]).toEqual([true, false, false]);
    expect(parts("fingerprint_2")).toEqual(["fingerprint", 2]);
    expect(parts("card")).toEqual(["card", undefined]);
  });

  it("takes the first finger that is not recorded yet", () => {
    expect(nextFinger(withFingers("card"))).toBe(0);
    expect(nextFinger(withFingers("fingerprint_0", "fingerprint_1", "fingerprint_3"))).toBe(2);
    const all = Array.from({ length: 10 }, (_, index) => `fingerprint_${index}`);
    expect(fingersOf(withFingers(...all)).size).toBe(10);
    expect(nextFinger(withFingers(...all))).toBe(0);
  });
});

describe("a picture", () => {
  it("is made to fit, whatever its shape, and never larger", () => {
    expect(fitting(3000, 4000)).toEqual([480, 640]);
    expect(fitting(4000, 3000)).toEqual([480, 360]);
    expect(fitting(240, 320)).toEqual([240, 320]);
    expect(fitting(10000, 1)).toEqual([480, 1]);
  });
});
