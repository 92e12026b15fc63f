import type { ReactiveController, ReactiveControllerHost } from "lit";

import type { Refusal, Server } from "./server";

/** A feed that a page follows while it is shown; `value` is undefined until the first news. */
export class Followed<Value, News = Value> implements ReactiveController {
  value: Value | undefined;
  away: Refusal | undefined;
  private stop: (() => void) | undefined;

  /**
   * `server`, `feed` and `data` are asked for when the page is shown; `join` makes the value of what is known and what
   * is new.
   */
  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly server: () => Server,
    private readonly feed: string,
    private readonly data: () => object,
    private readonly join: (before: Value | undefined, news: News) => Value,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.again();
  }

  hostDisconnected(): void {
    this.stop?.();
    this.stop = undefined;
  }

  /** Follow anew, such as with other data. */
  again(): void {
    this.stop?.();
    this.value = undefined;
    this.away = undefined;
    this.stop = this.server().follow<News>(
      this.feed,
      this.data(),
      (news) => {
        this.away = undefined;
        this.value = this.join(this.value, news);
        this.host.requestUpdate();
      },
      (why) => {
        // What comes after it begins anew.
        this.value = undefined;
        this.away = why;
        this.host.requestUpdate();
      },
    );
  }
}
