import type { Format } from "./format";
import type { HomeAssistant } from "./home_assistant";
import type { Overview } from "./overview";
import type { Server } from "./server";
import type { Texts } from "./texts";

/**
 * What a page has to work with; replaced as a whole when something in it changes.
 *
 * `hass` is Home Assistant as it is at the moment: it changes with every state, which by itself draws nothing anew.
 */
export interface Home {
  readonly hass: HomeAssistant;
  /** Why nothing can be changed at the moment, in words: no connection, or no listener; undefined where it can. */
  readonly lost: string | undefined;
  readonly server: Server;
  readonly texts: Texts;
  readonly format: Format;
  readonly overview: Overview;
  readonly narrow: boolean;
  /** Say something for some seconds at the foot of the page, to who listens too. */
  tell(text: string): void;
}
