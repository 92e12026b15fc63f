// The pages, in the order of the navigation. A page is found by the first part of its address.

import "./differences";
import "./doors";
import "./groups";
import "./guests";
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
  /** How many things wait on it, for the navigation; undefined where none can. */
  waits?: (house: House) => number | null;
  draw(home: Home, place: Place): TemplateResult;
}

export const PAGES: readonly Page[] = [
  { view: "doors", draw: (home, place) => html`<timmy-doors .home=${home} .place=${place}></timmy-doors>` },
  { view: "people", draw: people },
  { view: "groups", draw: (home, place) => html`<timmy-groups .home=${home} .place=${place}></timmy-groups>` },
  { view: "guests", draw: (home, place) => html`<timmy-guests .home=${home} .place=${place}></timmy-guests>` },
  { view: "log", draw: (home, place) => html`<timmy-log .home=${home} .place=${place}></timmy-log>` },
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
