// Where somebody is in the panel: everything that matters is in the address, so that back and reload work.

export const ROOT = "/timmy-access";

/** A page, what it is about, and how it is filtered: `/timmy-access/people/01J...?text=ada`. */
export interface Place {
  view: string;
  rest: readonly string[];
  query: Readonly<Record<string, string>>;
}

/** Read an address below the panel's own, such as `/people/01J...`, and what stands behind its question mark. */
export function placeOf(path: string, search: string): Place {
  const [view = "", ...rest] = path.split("/").filter(Boolean).map(decodeURIComponent);
  return { view, rest, query: Object.fromEntries(new URLSearchParams(search)) };
}

/** The address of a place; what is empty in the query is left out. */
export function addressOf(view: string, rest: readonly string[] = [], query: Record<string, string> = {}): string {
  const path = [ROOT, view, ...rest.map(encodeURIComponent)].filter(Boolean).join("/");
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "")).toString();
  return search ? `${path}?${search}` : path;
}
