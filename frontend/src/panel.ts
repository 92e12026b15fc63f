import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import "./elements/dialog";
import "./elements/list";
import { Format } from "./format";
import type { Home } from "./home";
import type { HomeAssistant, Route } from "./home_assistant";
import { leave, pageLeft } from "./left";
import { withNews, type Overview, type OverviewNews } from "./overview";
import { addressOf, listenerOf, placeOf, stayWith, type Listener, type Place } from "./place";
import { Server, type Refusal } from "./server";
import { colours, shared } from "./style";
import { Texts } from "./texts";
import { follow, type View } from "./view";
import { PAGES, type Page } from "./views";

const TOLD_MILLISECONDS = 5000;
// So long after it has started Home Assistant may still take panels away and show them again.
const SETTLED_MILLISECONDS = 30_000;

interface Version {
  version: string | null;
  listeners: Listener[];
}

/** The panel: navigation, what it knows of the house, and the page that is asked for. */
@customElement("timmy-access-panel")
export class TimmyAccessPanel extends LitElement {
  static override styles = [
    colours,
    shared,
    css`
      :host {
        height: 100%;
        overflow: auto;
        background: var(--timmy-ground);
        padding: 0 env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left);
      }
      header {
        position: sticky;
        top: 0;
        z-index: 2;
        background: var(--timmy-card);
        border-bottom: 1px solid var(--timmy-line);
        padding-top: env(safe-area-inset-top);
      }
      .title {
        display: flex;
        align-items: center;
        gap: 12px;
        min-height: 52px;
        /* Where there is no button for the menu, the title stands above what is below it. */
        padding: 0 16px 0 4px;
      }
      h1 {
        font-size: 20px;
        font-weight: 400;
        margin: 0;
        flex: 1;
      }
      .title select {
        width: auto;
        max-width: 50%;
      }
      nav {
        display: flex;
        overflow-x: auto;
        padding: 0 8px;
        scrollbar-width: thin;
      }
      nav a {
        flex: none;
        padding: 10px 12px;
        color: var(--timmy-quiet);
        text-decoration: none;
        font-weight: 500;
        border-bottom: 3px solid transparent;
      }
      nav a:focus-visible {
        outline-offset: -3px;
      }
      nav a[aria-current] {
        color: var(--timmy-accent);
        border-color: var(--timmy-accent);
      }
      .waits {
        background: var(--timmy-warn);
        color: var(--timmy-card);
        border-radius: 10px;
        padding: 0 7px;
        font-size: 12px;
      }
      main {
        padding: 16px;
        max-width: 1280px;
        margin: 0 auto;
      }
      /* How things stand is not known; what is typed on the page stays, and dialogs show themselves. */
      main.away {
        visibility: hidden;
      }
      .banner {
        background: var(--timmy-card);
        border-inline-start: 4px solid var(--timmy-warn);
        padding: 8px 16px;
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 16px;
      }
      .told {
        position: fixed;
        inset: auto 16px 16px;
        margin: 0 auto;
        width: fit-content;
        max-width: calc(100vw - 32px);
        background: var(--timmy-text);
        color: var(--timmy-card);
        border-radius: 8px;
        padding: 12px 16px;
        z-index: 3;
      }
      .told:empty {
        display: none;
      }
    `,
  ];

  @property({ attribute: false }) hass!: HomeAssistant;
  @property({ attribute: false }) route!: Route;
  @property({ type: Boolean }) narrow = false;

  @state() private home: Home | undefined;
  @state() private version: Version | undefined;
  @state() private refusal: Refusal | undefined;
  @state() private told = "";
  private texts: Texts | undefined;
  private overview: Overview | undefined;
  private server: Server | undefined;
  private listener: string | undefined;
  private unfollow: (() => void) | undefined;
  private timer: number | undefined;
  /** The page that is shown. */
  private drawn: View | undefined;
  /** The page of the navigation that was brought into sight. */
  private seen: string | undefined;
  /** When there was no Home Assistant that runs, the last time. */
  private unsettledAt = -Infinity;

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("location-changed", this.moved);
    window.addEventListener("popstate", this.moved);
    if (this.hasUpdated) void this.begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("location-changed", this.moved);
    window.removeEventListener("popstate", this.moved);
    this.hass.connection.removeEventListener("ready", this.ready);
    this.unfollow?.();
    this.unfollow = undefined;
    // While it starts anew, Home Assistant takes away the panels that it does not know yet.
    if (this.isUnsettled && this.drawn) leave(this.drawn);
  }

  override firstUpdated(): void {
    void this.begin();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("hass");
    if (isStarting(this.hass) || (before && isStarting(before))) this.unsettledAt = Date.now();
    if (changed.has("hass")) {
      if (before && before.language !== this.hass.language) void this.begin();
      else if (before && (before.connected !== this.hass.connected || before.locale !== this.hass.locale)) this.renew();
    }
    if (changed.has("narrow")) this.renew();
  }

  override updated(): void {
    // On a phone the navigation is wider than the screen: where somebody is, is to be seen.
    const here = this.renderRoot.querySelector<HTMLElement>("nav a[aria-current]");
    const view = here?.getAttribute("href") ?? undefined;
    if (!here || view === this.seen) return;
    this.seen = view;
    here.scrollIntoView({ block: "nearest", inline: "center" });
  }

  override render() {
    const place = this.place;
    const page = PAGES.find((it) => it.view === place.view) ?? PAGES[0];
    const { home, texts } = this;
    if (!texts) return html`<main></main>`;
    return html`
      <header>
        <div class="title">
          ${
            customElements.get("ha-menu-button")
              ? html`<ha-menu-button .hass=${this.hass} .narrow=${this.narrow}></ha-menu-button>`
              : nothing
          }
          <h1>${texts.say("panel.title")}</h1>
          ${this.listeners(texts)}
        </div>
        <nav aria-label=${texts.say("panel.title")}>
          ${PAGES.filter((it) => it.within === undefined).map((it) => {
            const waits = home && it.waits?.(home.overview.house);
            const isHere = it.view === (page?.within ?? page?.view);
            return html`<a href=${addressOf(it.view)} aria-current=${isHere ? "page" : nothing} @click=${follow}
              >${texts.say(`${it.view}.title`)}
              ${waits ? html`<span class="waits">${home.format.number(waits)}</span>` : nothing}</a
            >`;
          })}
        </nav>
      </header>
      ${this.banners(texts)}
      <main class=${home && this.away ? "away" : nothing}>
        ${
          home && page
            ? this.shown(page, home, place)
            : this.refusal
              ? html`<p class="error" role="alert">${this.refusal.message}</p>`
              : html`<div class="skeleton"></div>`
        }
      </main>
      <div class="told" role="status" aria-live="polite">${this.told}</div>
    `;
  }

  private banners(texts: Texts): TemplateResult[] {
    const banners: TemplateResult[] = [];
    if (this.home?.lost !== undefined) banners.push(html`<div class="banner" role="alert">${this.home.lost}</div>`);
    const served = this.version?.version;
    if (served && !import.meta.url.includes(served)) {
      banners.push(
        html`<div class="banner" role="alert">
          <span>${texts.say("panel.updated")}</span><button @click=${this.reload}>${texts.say("panel.reload")}</button>
        </div>`,
      );
    }
    if (this.home && !this.home.overview.house.known) {
      banners.push(html`<div class="banner" role="alert">${texts.say("panel.house_unknown")}</div>`);
    }
    return banners;
  }

  private get isUnsettled(): boolean {
    return isStarting(this.hass) || Date.now() - this.unsettledAt < SETTLED_MILLISECONDS;
  }

  /** The page of an address: the one that is there already, or a new one. */
  private shown(page: Page, home: Home, place: Place): View {
    const tag = page.tag(place);
    if (this.drawn?.localName !== tag) this.drawn = pageLeft(tag) ?? (document.createElement(tag) as View);
    this.drawn.home = home;
    this.drawn.place = place;
    return this.drawn;
  }

  /** Show nothing of a listener any more. */
  private forget(): void {
    this.home = undefined;
    this.drawn = undefined;
  }

  private listeners(texts: Texts): TemplateResult | typeof nothing {
    const listeners = this.version?.listeners ?? [];
    if (listeners.length < 2) return nothing;
    return html`<select aria-label=${texts.say("panel.listener")} @change=${this.choose}>
      ${listeners.map(
        (it) =>
          html`<option value=${it.config_entry_id} .selected=${it.config_entry_id === this.listener}>
            ${it.title}
          </option>`,
      )}
    </select>`;
  }

  private get place(): Place {
    const place = placeOf(this.route.path, window.location.search);
    return { ...place, view: place.view || "doors" };
  }

  private async begin(): Promise<void> {
    this.hass.connection.addEventListener("ready", this.ready);
    this.texts = await Texts.load(this.hass);
    this.requestUpdate();
    await this.ask();
    this.serve();
  }

  /** Ask which bundle is served, and which listeners there are. */
  private async ask(): Promise<void> {
    const { texts } = this;
    if (!texts) return;
    try {
      this.version = await this.hass.connection.sendMessagePromise<Version>({ type: "timmy_access/panel/version" });
    } catch (err) {
      // Who has had an answer has it still; it is asked for again when the listener tells how things stand.
      if (!this.version) this.refusal = new Server(this.hass.connection, texts, undefined).refusal(err);
    }
  }

  /** Follow the listener that the address is about. */
  private serve(): void {
    const { texts, version } = this;
    if (!texts || !version || !this.isConnected) return;
    const { listeners } = version;
    this.listener = listenerOf(this.place, listeners)?.config_entry_id;
    stayWith(listeners.length > 1 ? (this.listener ?? "") : "");
    this.server = new Server(this.hass.connection, texts, this.listener);
    this.overview = undefined;
    this.refusal = undefined;
    this.unfollow?.();
    this.unfollow = this.server.follow<OverviewNews>(
      "overview",
      {},
      (news, isFirst) => {
        this.refusal = undefined;
        // It was away, and may be another version by now.
        if (isFirst && this.overview) void this.ask();
        this.overview = withNews(isFirst ? undefined : this.overview, news);
        this.renew();
      },
      (why) => {
        this.refusal = why;
        this.renew();
      },
    );
  }

  /** Why nothing is known of the listener at the moment, in words; undefined where something is. */
  private get away(): string | undefined {
    return this.hass.connected ? this.refusal?.message : undefined;
  }

  /** Give the pages what is new. */
  private renew(): void {
    const { texts, server, overview } = this;
    if (!texts || !server || !overview) return;
    const hass = () => this.hass;
    this.home = {
      get hass() {
        return hass();
      },
      lost: this.hass.connected ? this.away : texts.say("panel.connection_lost"),
      server,
      texts,
      format: new Format(this.hass),
      overview,
      narrow: this.narrow,
      tell: this.tell,
    };
  }

  private readonly tell = (text: string): void => {
    this.told = text;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => (this.told = ""), TOLD_MILLISECONDS);
  };

  private readonly choose = (event: Event): void => {
    const listener = (event.target as HTMLSelectElement).value;
    history.replaceState(history.state, "", addressOf(this.place.view, [], { listener }));
    this.forget();
    this.serve();
  };

  // The connection is back: the panel may have been updated, and listeners added.
  private readonly ready = async (): Promise<void> => {
    const isNew = this.version === undefined;
    await this.ask();
    if (isNew) this.serve();
  };

  private readonly moved = (): void => {
    const meant = listenerOf(this.place, this.version?.listeners ?? [], this.listener);
    if (meant && meant.config_entry_id !== this.listener) {
      this.forget();
      this.serve();
    }
    this.requestUpdate();
  };

  private readonly reload = (): void => window.location.reload();
}

/** Whether Home Assistant is away, or not up yet. */
function isStarting(hass: HomeAssistant): boolean {
  return !hass.connected || hass.config.state !== "RUNNING";
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-access-panel": TimmyAccessPanel;
  }
}
