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

import { html, type TemplateResult } from "lit";

import type { Home } from "../home";
import type { House } from "../overview";
import type { Place } from "../place";

export interface Page {
  /** The first part of its address. */
  view: string;
  /** The page of the navigation that it belongs to, of a page that is not in the navigation itself. */
  within?: string;
  /** How many things wait on it, for the navigation; undefined where none can. */
  waits?: (house: House) => number | null;
  draw(home: Home, place: Place): TemplateResult;
}

export const PAGES: readonly Page[] = [
  { view: "doors", draw: (home, place) => html`<timmy-doors .home=${home} .place=${place}></timmy-doors>` },
  { view: "people", draw: people },
  { view: "inside", draw: (home, place) => html`<timmy-inside .home=${home} .place=${place}></timmy-inside>` },
  { view: "enrol", within: "people", draw: enrol },
  { view: "groups", draw: (home, place) => html`<timmy-groups .home=${home} .place=${place}></timmy-groups>` },
  { view: "guests", draw: (home, place) => html`<timmy-guests .home=${home} .place=${place}></timmy-guests>` },
  { view: "log", draw: (home, place) => html`<timmy-log .home=${home} .place=${place}></timmy-log>` },
  { view: "hours", draw: (home, place) => html`<timmy-hours .home=${home} .place=${place}></timmy-hours>` },
  {
    view: "differences",
    waits: (house) => house.differences,
    draw: (home, place) => html`<timmy-differences .home=${home} .place=${place}></timmy-differences>`,
  },
  {
    view: "terminals",
    waits: (house) => house.waiting,
    draw: (home, place) => html`<timmy-terminals .home=${home} .place=${place}></timmy-terminals>`,
  },
];

/** Everybody, or one of them by id. */
function people(home: Home, place: Place): TemplateResult {
  const [person] = place.rest;
  if (person === undefined) return html`<timmy-people .home=${home} .place=${place}></timmy-people>`;
  return html`<timmy-person .home=${home} .place=${place}></timmy-person>`;
}

/** Somebody is recorded; without an id it is asked who. */
function enrol(home: Home, place: Place): TemplateResult {
  if (place.rest[0] === undefined) return html`<timmy-enrol-who .home=${home} .place=${place}></timmy-enrol-who>`;
  return html`<timmy-enrol .home=${home} .place=${place}></timmy-enrol>`;
}
