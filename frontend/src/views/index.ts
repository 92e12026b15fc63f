// The pages, in the order of the navigation. A page is found by the first part of its address.

import "./differences";
import "./doors";
import "./enrol";
import "./enrol_who";
import "./groups";
import "./guests";
import "./inside";
import "./hours";
import "./log";
import "./people";
import "./person";
import "./terminals";

import type { House } from "../overview";
import type { Place } from "../place";

export interface Page {
  /** The first part of its address. */
  view: string;
  /** The page of the navigation that it belongs to, of a page that is not in the navigation itself. */
  within?: string;
  /** How many things wait on it, for the navigation; undefined where none can. */
  waits?: (house: House) => number | null;
  /** The element that shows it. */
  tag(place: Place): string;
}

export const PAGES: readonly Page[] = [
  { view: "doors", tag: () => "timmy-doors" },
  // Everybody, or one of them by id.
  { view: "people", tag: ({ rest }) => (rest[0] === undefined ? "timmy-people" : "timmy-person") },
  { view: "inside", tag: () => "timmy-inside" },
  // Somebody is recorded; without an id it is asked who.
  { view: "enrol", within: "people", tag: ({ rest }) => (rest[0] === undefined ? "timmy-enrol-who" : "timmy-enrol") },
  { view: "groups", tag: () => "timmy-groups" },
  { view: "guests", tag: () => "timmy-guests" },
  { view: "log", tag: () => "timmy-log" },
  { view: "hours", tag: () => "timmy-hours" },
  { view: "differences", waits: (house) => house.differences, tag: () => "timmy-differences" },
  { view: "terminals", waits: (house) => house.waiting, tag: () => "timmy-terminals" },
];
