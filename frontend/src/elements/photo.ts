import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import type { Home } from "../home";
import { small } from "../picture";
import { shared } from "../style";

/** A picture of somebody: a file, or one that the camera takes. Fires `chosen` with the small picture in `detail`. */
@customElement("timmy-photo")
export class TimmyPhoto extends LitElement {
  static override styles = [
    shared,
    css`
      img,
      video {
        display: block;
        width: 180px;
        max-height: 240px;
        object-fit: contain;
        border: 1px solid var(--timmy-line);
        border-radius: 8px;
        margin-bottom: 12px;
      }
    `,
  ];

  @property({ attribute: false }) home!: Home;
  @property({ attribute: false }) name = "";
  /** The picture that was chosen. */
  @property({ attribute: false }) picture: Blob | undefined;
  private shown = "";
  @state() private camera: MediaStream | undefined;
  @state() private why = "";
  @query("video") private video!: HTMLVideoElement | null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.show(this.picture);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop();
    this.show(undefined);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("picture")) this.show(this.picture);
  }

  override updated(): void {
    if (this.video && this.video.srcObject !== (this.camera ?? null)) this.video.srcObject = this.camera ?? null;
  }

  override render() {
    const say = (key: string, values = {}) => this.home.texts.say(`enrol.${key}`, values);
    return html`
      <label
        >${say("photo_choose")}<input type="file" accept="image/*" @change=${this.chosen} />
        <span class="hint">${say("photo_hint")}</span></label
      >
      ${this.why ? html`<p class="error" role="alert">${this.why}</p>` : nothing} ${this.live(say)}
      ${
        this.shown && !this.camera
          ? html`<img src=${this.shown} alt=${say("photo_of", { name: this.name })} />`
          : nothing
      }
    `;
  }

  private live(say: (key: string, values?: object) => string): TemplateResult | typeof nothing {
    // Browsers give the camera to pages over HTTPS only; a phone's file chooser offers it all the same.
    if (!navigator.mediaDevices?.getUserMedia) return nothing;
    return html`${this.camera ? html`<video autoplay muted playsinline></video>` : nothing}
      <div class="actions">
        ${
          this.camera
            ? html`<button type="button" class="primary" @click=${this.shoot}>${say("photo_shoot")}</button>
                <button type="button" @click=${this.stop}>${this.home.texts.say("action.cancel")}</button>`
            : html`<button type="button" @click=${this.begin}>${say("photo_take")}</button>`
        }
      </div>`;
  }

  private readonly begin = async (): Promise<void> => {
    this.why = "";
    try {
      const video = { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } };
      this.camera = await navigator.mediaDevices.getUserMedia({ video });
      if (!this.isConnected) this.stop();
    } catch {
      this.why = this.home.texts.say("enrol.camera_away");
    }
  };

  private readonly stop = (): void => {
    this.camera?.getTracks().forEach((it) => it.stop());
    this.camera = undefined;
  };

  private readonly shoot = async (): Promise<void> => {
    if (this.video) await this.take(this.video);
    this.stop();
  };

  private readonly chosen = async (event: Event): Promise<void> => {
    const file = (event.target as HTMLInputElement).files?.[0];
    if (file) await this.take(file);
  };

  private async take(source: Blob | HTMLVideoElement): Promise<void> {
    this.why = "";
    try {
      this.dispatchEvent(new CustomEvent<Blob>("chosen", { detail: await small(source) }));
    } catch {
      this.why = this.home.texts.say("enrol.photo_unreadable");
    }
  }

  private show(picture: Blob | undefined): void {
    if (this.shown) URL.revokeObjectURL(this.shown);
    this.shown = picture ? URL.createObjectURL(picture) : "";
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-photo": TimmyPhoto;
  }
}
