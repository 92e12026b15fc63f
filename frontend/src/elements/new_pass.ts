import { LitElement, css, html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import type { Home } from "../home";
import { printPicture } from "../printed";
import { shared } from "../style";

/** A pass that was just made, with what opens: it is shown once and kept nowhere. */
export interface MadePass {
  pass_id: string;
  name: string;
  png: string;
  share_text: string;
}

/** The QR code of a pass that was just made, and the ways to the guest. `closed` is fired when it may be forgotten. */
@customElement("timmy-new-pass")
export class TimmyNewPass extends LitElement {
  static override styles = [
    shared,
    css`
      img {
        display: block;
        width: min(280px, 100%);
        margin: 0 auto 12px;
        border-radius: 8px;
        background: #fff;
        image-rendering: pixelated;
      }
      textarea {
        resize: vertical;
      }
      .actions {
        margin-bottom: 12px;
      }
    `,
  ];

  @property({ attribute: false }) home!: Home;
  @property({ attribute: false }) made!: MadePass;
  @state() private told = "";
  @state() private asks = false;
  @query("textarea") private text!: HTMLTextAreaElement;
  private taken = false;
  private putAway: (() => void) | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.putAway?.();
    this.putAway = undefined;
  }

  override render() {
    const { made } = this;
    const say = (key: string, values = {}) => this.home.texts.say(key, values);
    return html`<timmy-dialog heading=${say("guests.made", { name: made.name })} @closed=${this.close}>
      <p><strong>${say("guests.only_now")}</strong></p>
      <img src=${made.png} alt=${say("guests.picture")} />
      <div class="actions">
        ${
          "share" in navigator
            ? html`<button class="primary" @click=${this.share}>${say("guests.share")}</button>`
            : nothing
        }
        <button @click=${this.copy}>${say("guests.copy_text")}</button>
        <a
          class="button"
          href=${made.png}
          download=${this.fileName}
          @click=${() => {
            this.taken = true;
          }}
          >${say("guests.download")}</a
        >
        <button @click=${this.print}>${say("action.print")}</button>
      </div>
      <label
        >${say("guests.text")}
        <textarea readonly rows=${made.share_text.split("\n").length + 1} .value=${made.share_text}></textarea>
      </label>
      <p role="status" aria-live="polite">${this.told}</p>
      ${this.asks ? html`<p class="error" role="alert">${say("guests.not_taken")}</p>` : nothing}
      <button slot="actions" class=${this.asks ? "danger" : ""} @click=${this.close}>
        ${say(this.asks ? "guests.close_anyway" : "action.close")}
      </button>
    </timmy-dialog>`;
  }

  private get fileName(): string {
    return `${this.made.name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "pass"}.png`;
  }

  private readonly share = async (): Promise<void> => {
    const { png, share_text: text } = this.made;
    const bytes = Uint8Array.from(atob(png.slice(png.indexOf(",") + 1)), (letter) => letter.charCodeAt(0));
    const files = [new File([bytes], this.fileName, { type: "image/png" })];
    try {
      // Without the picture the guest has nothing to show.
      if (!navigator.canShare({ files, text })) throw new Error("no pictures");
      await navigator.share({ files, text });
      this.taken = true;
      this.asks = false;
    } catch (err) {
      // Who closes the share sheet wanted to.
      if ((err as Error).name !== "AbortError") this.told = this.home.texts.say("guests.failed");
    }
  };

  private readonly copy = async (): Promise<void> => {
    const { texts } = this.home;
    this.told = (await this.copied()) ? texts.say("guests.copied") : texts.say("guests.failed");
  };

  private readonly print = async (): Promise<void> => {
    this.putAway?.();
    try {
      const putAway = await printPicture(this.made.png, this.made.share_text, this.home.texts.say("guests.picture"));
      if (this.isConnected) this.putAway = putAway;
      else putAway();
      this.taken = true;
      this.asks = false;
    } catch {
      this.told = this.home.texts.say("guests.failed");
    }
  };

  private async copied(): Promise<boolean> {
    try {
      await navigator.clipboard.writeText(this.made.share_text);
      return true;
    } catch {
      // Without HTTPS browsers have no clipboard but that of what is selected.
      this.text.select();
      return document.execCommand("copy");
    }
  }

  private readonly close = (): void => {
    if (this.taken || this.asks) this.dispatchEvent(new CustomEvent("closed"));
    else this.asks = true;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-new-pass": TimmyNewPass;
  }
}
