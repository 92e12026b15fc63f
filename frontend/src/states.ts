import type { ReactiveController, ReactiveControllerHost } from "lit";

import type { Connection, Unsubscribe } from "./home_assistant";

/** An entity as the pages need it. */
export interface EntityState {
  state: string;
  attributes: Readonly<Record<string, unknown>>;
}

// Home Assistant's short words: added, changed, removed; state and attributes, and what of a state is new or gone.
interface Short {
  s?: string;
  a?: Record<string, unknown>;
}

export interface StatesNews {
  a?: Record<string, Short>;
  c?: Record<string, { "+"?: Short; "-"?: { a?: string[] } }>;
  r?: string[];
}

/** The states with what is new in them, as `subscribe_entities` tells it. */
export function withStates(
  before: ReadonlyMap<string, EntityState>,
  news: StatesNews,
): ReadonlyMap<string, EntityState> {
  const states = new Map(before);
  for (const [id, { s = "unknown", a = {} }] of Object.entries(news.a ?? {}))
    states.set(id, { state: s, attributes: a });
  for (const [id, change] of Object.entries(news.c ?? {})) {
    const known = states.get(id);
    if (!known) continue;
    const gone = new Set(change["-"]?.a);
    const kept = Object.entries({ ...known.attributes, ...change["+"]?.a }).filter(([name]) => !gone.has(name));
    const attributes = Object.fromEntries(kept);
    states.set(id, { state: change["+"]?.s ?? known.state, attributes });
  }
  for (const id of news.r ?? []) states.delete(id);
  return states;
}

/** States of entities that a page follows while it is shown, by Home Assistant's own `subscribe_entities`. */
export class States implements ReactiveController {
  private states: ReadonlyMap<string, EntityState> = new Map();
  private followed = "";
  private stop: (() => void) | undefined;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly connection: () => Connection,
    private readonly ids: () => string[],
  ) {
    host.addController(this);
  }

  /** The state of an entity; undefined for one that has none, or is not told yet. */
  of(id: string | null): EntityState | undefined {
    return id === null ? undefined : this.states.get(id);
  }

  hostUpdate(): void {
    const ids = this.ids().sort();
    if (ids.join() === this.followed) return;
    this.end();
    this.followed = ids.join();
    // Home Assistant takes no ids for all ids.
    if (ids.length > 0) this.begin(ids);
  }

  hostConnected(): void {
    this.host.requestUpdate();
  }

  hostDisconnected(): void {
    this.end();
  }

  private begin(entity_ids: string[]): void {
    let ended = false;
    let unsubscribe: Unsubscribe | undefined;
    const let_go = () => void Promise.resolve(unsubscribe?.()).catch(() => undefined); // the connection may be gone
    this.stop = () => {
      ended = true;
      let_go();
    };
    this.connection()
      .subscribeMessage<StatesNews>(
        (news) => {
          if (ended) return;
          this.states = withStates(this.states, news);
          this.host.requestUpdate();
        },
        { type: "subscribe_entities", entity_ids },
      )
      .then(
        (made) => {
          unsubscribe = made;
          if (ended) let_go();
        },
        () => {
          // Asked again with the next drawing, which the connection brings when it is back.
          if (!ended) this.followed = "";
        },
      );
  }

  private end(): void {
    this.stop?.();
    this.stop = undefined;
    this.followed = "";
    this.states = new Map();
  }
}
