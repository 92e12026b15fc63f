import type { View } from "./view";

/** The page that was open when Home Assistant took the panel away while it started anew, with what is typed into it. */
let left: { page: View; address: string } | undefined;

/** Keep a page for the panel that comes next. */
export function leave(page: View): void {
  left = { page, address: window.location.pathname + window.location.search };
}

/** The page that was left at this address, once; undefined where another is asked for, or none was left. */
export function pageLeft(tag: string): View | undefined {
  const { page, address } = left ?? {};
  left = undefined;
  const isHere = address === window.location.pathname + window.location.search;
  return isHere && page?.localName === tag ? page : undefined;
}
