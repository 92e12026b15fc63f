// What of Home Assistant's frontend the panel uses: its connection and its settings, and none of its elements.

export interface HassEntity {
  entity_id: string;
  state: string;
  last_changed: string;
  attributes: Record<string, unknown>;
}

export type Unsubscribe = () => Promise<void> | void;

export interface Connection {
  connected: boolean;
  addEventListener(event: "ready" | "disconnected", listener: () => void): void;
  removeEventListener(event: "ready" | "disconnected", listener: () => void): void;
  sendMessagePromise<T>(message: Message): Promise<T>;
  subscribeMessage<T>(
    listener: (message: T) => void,
    message: Message,
    options?: { resubscribe?: boolean },
  ): Promise<Unsubscribe>;
}

export interface Message {
  type: string;
  [key: string]: unknown;
}

export type Localize = (key: string, values?: Record<string, string | number>) => string;

export interface HassLocale {
  language: string;
  number_format: "comma_decimal" | "decimal_comma" | "quote_decimal" | "space_comma" | "language" | "system" | "none";
  time_format: "12" | "24" | "language" | "system";
  time_zone: "local" | "server";
  first_weekday: string;
}

export interface HomeAssistant {
  connection: Connection;
  connected: boolean;
  states: Record<string, HassEntity>;
  config: { time_zone: string; country: string | null; language: string; state: string };
  language: string;
  locale: HassLocale;
  user?: { id: string; name: string; is_admin: boolean };
  localize: Localize;
  loadBackendTranslation(category: string, integration?: string): Promise<Localize>;
  callService(
    domain: string,
    service: string,
    data?: object,
    target?: object,
    notifyOnError?: boolean,
  ): Promise<unknown>;
  hassUrl(path?: string): string;
}

export interface Route {
  prefix: string;
  path: string;
}

/** Go to a page of Home Assistant, ours or another. */
export function goTo(path: string, { replace = false } = {}): void {
  history[replace ? "replaceState" : "pushState"](replace ? history.state : null, "", path);
  window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace } }));
}

/** The address of the dialog in which Home Assistant has an entity changed, such as a schedule helper. */
export function editorOf(entityId: string): string {
  return `/config/helpers?${new URLSearchParams({ "more-info-entity-id": entityId, "more-info-view": "settings" })}`;
}

/** Show that dialog over the page; with a modifier, the browser opens its address its own way. */
export function edit(entityId: string, event: MouseEvent): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  const detail = { entityId, view: "settings" };
  event.currentTarget?.dispatchEvent(new CustomEvent("hass-more-info", { detail, bubbles: true, composed: true }));
}
