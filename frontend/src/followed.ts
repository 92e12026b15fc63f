import type { ReactiveController, ReactiveControllerHost } from "lit";

import type { Home } from "./home";
import type { Refusal } from "./server";

/** What is new takes the place of what is known. */
export function replaced<T>(_: T | undefined, news: T): T {
  return news;
}

/** A feed that a page follows while it is shown; `value` is undefined until the first news. */
export class Followed<Value, News = Value> implements ReactiveController {
  value: Value | undefined;
  away: Refusal | undefined;
  private stop: (() => void) | undefined;

  /** `join` makes the value of what is known and what is new; `data` is asked for when the page is shown. */
  constructor(
    private readonly host: ReactiveControllerHost & { home: Home },
    private readonly feed: string,
    private readonly join: (before: Value | undefined, news: News) => Value,
    private readonly data: () => object = () => ({}),
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
    this.stop = this.host.home.server.follow<News>(
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
