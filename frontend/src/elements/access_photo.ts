import { LitElement, css, html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Home } from "../home";
import type { LogRecord } from "../records";
import { shared } from "../style";
import "./dialog";

/** The photo that was kept of an access: small, and large where somebody wants to see it. */
@customElement("timmy-access-photo")
export class TimmyAccessPhoto extends LitElement {
  static override styles = [
    shared,
    css`
      .small {
        width: 40px;
        height: 40px;
        min-height: 0;
        padding: 0;
        border-radius: 8px;
        overflow: hidden;
        display: grid;
        /* One cell that is the frame: by itself it would be as large as the picture happens to be. */
        grid-template: 100% / 100%;
        place-items: center;
      }
      .small img {
        width: 100%;
        height: 100%;
        object-fit: cover;
      }
      .large {
        display: block;
        max-width: 100%;
        max-height: calc(100dvh - 220px);
        margin: 0 auto;
        border-radius: 8px;
      }
    `,
  ];

  @property({ attribute: false }) home!: Home;
  @property({ attribute: false }) record!: LogRecord;
  @state() private url: string | undefined;
  @state() private isGone = false;
  @state() private isLarge = false;

  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("record");
    if (changed.has("record") && before?.photo !== this.record.photo) {
      this.url = undefined;
      this.isGone = false;
      void this.ask();
    }
  }

  override render() {
    const { home, record } = this;
    const say = (key: string, values = {}) => home.texts.say(`log.${key}`, values);
    const what = say("photo_of", { terminal: record.terminal, time: home.format.moment(record.occurred_at) });
    return html`<button
        class="small"
        aria-haspopup="dialog"
        aria-label=${`${say("photo")}: ${what}`}
        @click=${this.open}
      >
        ${
          this.url && !this.isGone
            ? html`<img src=${this.url} alt="" @error=${this.gone} />`
            : html`<span aria-hidden="true">${this.isGone ? "?" : "…"}</span>`
        }
      </button>
      ${
        this.isLarge
          ? html`<timmy-dialog light heading=${what} @closed=${this.close}>
              ${
                this.url && !this.isGone
                  ? html`<img class="large" src=${this.url} alt=${what} @error=${this.gone} />`
                  : html`<p role="status">${say("photo_gone")}</p>`
              }
              <button slot="actions" @click=${this.close}>${home.texts.say("action.close")}</button>
            </timmy-dialog>`
          : nothing
      }`;
  }

  private async ask(): Promise<void> {
    const { photo } = this.record;
    if (!photo) return;
    let url: string | null = null;
    try {
      url = (await this.home.server.ask<{ url: string | null }>("log_photo", { photo })).url;
    } catch {
      // Who opens it is told, and then it is asked for again.
    }
    if (photo !== this.record.photo) return;
    this.url = url === null ? undefined : this.home.hass.hassUrl(url);
    this.isGone = url === null;
  }

  /** The address works for some minutes, and the row may have been there for longer. */
  private readonly open = (): void => {
    this.isLarge = true;
    this.isGone = false;
    void this.ask();
  };

  private readonly close = (): void => {
    this.isLarge = false;
  };

  private readonly gone = (): void => {
    this.isGone = true;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-access-photo": TimmyAccessPhoto;
  }
}
