import { LitElement, css, html } from "lit";
import { customElement, property, query } from "lit/decorators.js";

import { shared } from "../style";

/**
 * A dialog in front of the page: heading, content, and buttons in the slot `actions`.
 *
 * It is open as long as it is in the page. `closed` is fired when somebody wants it away: by Escape, or beside it where
 * nothing can be lost (`light`).
 */
@customElement("timmy-dialog")
export class TimmyDialog extends LitElement {
  static override styles = [
    shared,
    css`
      dialog {
        border: 0;
        border-radius: 16px;
        padding: 0;
        color: var(--timmy-text);
        background: var(--timmy-card);
        visibility: visible; /* also while the page behind it has nothing to show */
        width: min(560px, calc(100vw - 32px));
        max-height: calc(100dvh - 32px);
        overflow: auto;
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 55%);
      }
      header,
      .content,
      footer {
        padding: 16px 20px;
      }
      header {
        padding-bottom: 0;
      }
      footer {
        display: flex;
        flex-wrap: wrap;
        justify-content: flex-end;
        gap: 8px;
        padding-top: 0;
      }
      @media (max-width: 600px) {
        dialog {
          width: 100vw;
          max-width: 100vw;
          max-height: 100dvh;
          border-radius: 0;
          margin: auto 0 0;
        }
      }
    `,
  ];

  @property() heading = "";
  @property({ type: Boolean }) light = false;
  @query("dialog") private dialog!: HTMLDialogElement;

  override firstUpdated(): void {
    this.dialog.showModal();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dialog.close();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.dialog.showModal();
  }

  override render() {
    return html`<dialog aria-labelledby="heading" @cancel=${this.wantsAway} @pointerdown=${this.pressed}>
      <header><h2 id="heading">${this.heading}</h2></header>
      <div class="content"><slot></slot></div>
      <footer><slot name="actions"></slot></footer>
    </dialog>`;
  }

  private readonly wantsAway = (event: Event): void => {
    event.preventDefault();
    this.dispatchEvent(new CustomEvent("closed"));
  };

  private readonly pressed = (event: PointerEvent): void => {
    if (this.light && event.target === this.dialog) this.dispatchEvent(new CustomEvent("closed"));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-dialog": TimmyDialog;
  }
}
