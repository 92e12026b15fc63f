import type { ReactiveController, ReactiveControllerHost } from "lit";

import type { Home } from "./home";
import type { Refusal } from "./server";

/** What is new takes the place of what is known. */
export function replaced<T>(_: T | undefined, news: T): T {
  return news;
}

/**
 * A feed that a page follows while it is shown; `value` is undefined until the first news.
 *
 * While it is `away` the value stays as it was last told: forms that are open stand on it, with what is typed into them.
 */
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
    this.begin();
  }

  hostDisconnected(): void {
    this.stop?.();
    this.stop = undefined;
  }

  /** Follow anew, such as with other data. */
  again(): void {
    this.value = undefined;
    this.begin();
  }

  private begin(): void {
    this.stop?.();
    this.away = undefined;
    this.stop = this.host.home.server.follow<News>(
      this.feed,
      this.data(),
      (news, isFirst) => {
        this.away = undefined;
        this.value = this.join(isFirst ? undefined : this.value, news);
        this.host.requestUpdate();
      },
      (why) => {
        this.away = why;
        this.host.requestUpdate();
      },
    );
  }
}
