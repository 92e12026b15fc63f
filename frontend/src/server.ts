import type { Connection, Message, Unsubscribe } from "./home_assistant";
import type { Texts } from "./texts";

const FIRST_WAIT_MILLISECONDS = 1000;
const LONGEST_WAIT_MILLISECONDS = 15_000;

/** A question that was not answered as it should: `message` is for people, `field` the field it is about, if any. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly key: string | undefined,
    readonly field: string | undefined,
  ) {
    super(message);
  }
}

interface WireError {
  code?: string;
  message?: string;
  translation_key?: string;
  translation_domain?: string;
  translation_placeholders?: Record<string, string>;
}

interface Away {
  away?: boolean;
}

/** The integration behind the connection, as one listener. Errors come in the language of who looks. */
export class Server {
  constructor(
    private readonly connection: Connection,
    private readonly texts: Texts,
    readonly listener: string | undefined,
  ) {}

  /** Ask a command of `docs/PANEL_API.md`; throws `Refusal`. */
  async ask<T>(command: string, data: object = {}): Promise<T> {
    return await this.send<T>(this.message(command, data));
  }

  /** Perform an action of the integration as the panel does, and return its response; throws `Refusal`. */
  async perform<T>(action: string, data: object = {}): Promise<T> {
    return await this.ask<T>("perform", { action, with: data });
  }

  /** Send any command of Home Assistant; throws `Refusal`. */
  async send<T>(message: Message): Promise<T> {
    try {
      return await this.connection.sendMessagePromise<T>(message);
    } catch (err) {
      throw this.refusal(err);
    }
  }

  /**
   * Be told of a feed until the returned function is called.
   *
   * A listener that is not loaded is asked again by and by; `onAway` is told why nothing comes meanwhile. What is told
   * first, then and after a connection that was lost, is how things stand: it takes the place of all before it.
   */
  follow<T>(
    feed: string,
    data: object,
    onTold: (told: T, isFirst: boolean) => void,
    onAway: (why: Refusal) => void,
  ): () => void {
    let unsubscribe: Unsubscribe | undefined;
    let timer: number | undefined;
    let ended = false;
    let tries = 0;
    let wait = FIRST_WAIT_MILLISECONDS;
    // The connection may be gone, and all feeds with it.
    const end = (it: Unsubscribe | undefined) => void Promise.resolve(it?.()).catch(() => undefined);
    const stop = () => {
      end(unsubscribe);
      unsubscribe = undefined;
    };
    const later = () => {
      timer = window.setTimeout(() => void begin(), wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MILLISECONDS);
    };
    const begin = async () => {
      clearTimeout(timer);
      const mine = ++tries;
      const isOver = () => ended || mine !== tries;
      let isFirst = true;
      try {
        const made = await this.connection.subscribeMessage<T & Away>(
          (told) => {
            if (isOver()) return;
            if (told.away) {
              stop();
              onAway(new Refusal(this.texts.say("panel.listener_away"), "away", undefined, undefined));
              later();
            } else {
              wait = FIRST_WAIT_MILLISECONDS;
              const wasFirst = isFirst;
              isFirst = false;
              onTold(told, wasFirst);
            }
          },
          this.message(feed, data),
          { resubscribe: false },
        );
        if (isOver()) end(made);
        else unsubscribe = made;
      } catch (err) {
        if (isOver()) return;
        onAway(this.refusal(err));
        later();
      }
    };
    // A Home Assistant that has just started does not know the feed yet. Home Assistant's own way asks it only once.
    const back = () => {
      unsubscribe = undefined; // its number may be another's by now
      wait = FIRST_WAIT_MILLISECONDS;
      void begin();
    };
    this.connection.addEventListener("ready", back);
    void begin();
    return () => {
      ended = true;
      this.connection.removeEventListener("ready", back);
      clearTimeout(timer);
      stop();
    };
  }

  /** What went wrong, in words. */
  refusal(err: unknown): Refusal {
    if (err instanceof Refusal) return err;
    if (typeof err === "number" || (err as WireError | undefined)?.code === undefined) {
      return new Refusal(this.texts.say("panel.connection_lost"), "connection", undefined, undefined);
    }
    const {
      code = "",
      message = "",
      translation_key: key,
      translation_domain,
      translation_placeholders,
    } = err as WireError;
    const told = key && this.texts.error(key, translation_placeholders ?? {}, translation_domain);
    if (code === "unauthorized") return new Refusal(this.texts.say("panel.administrators_only"), code, key, undefined);
    return new Refusal(told || message, code, key, translation_placeholders?.["field"]);
  }

  private message(command: string, data: object): Message {
    return {
      type: `timmy_access/panel/${command}`,
      data,
      ...(this.listener === undefined ? {} : { config_entry_id: this.listener }),
    };
  }
}
