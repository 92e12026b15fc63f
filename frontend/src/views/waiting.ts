import { LitElement, css, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Home } from "../home";
import type { Pending } from "../overview";
import { shared } from "../style";
import "./approve_dialog";

/** Who waits for approval, as they say of themselves. */
@customElement("timmy-waiting")
export class TimmyWaiting extends LitElement {
  static override styles = [
    shared,
    css`
      section {
        margin-bottom: 16px;
      }
      ul {
        list-style: none;
        margin: 0;
        padding: 0;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 12px;
        align-items: center;
        padding: 8px 0;
      }
      li span {
        flex: 1 1 160px;
        min-width: 0;
      }
    `,
  ];

  @property({ attribute: false }) home!: Home;
  @state() private asked: Pending | undefined;

  override render() {
    const { texts, overview, lost } = this.home;
    const dialog = this.asked
      ? html`<timmy-approve-dialog
          .home=${this.home}
          .waiting=${this.asked}
          @closed=${() => (this.asked = undefined)}
        ></timmy-approve-dialog>`
      : nothing;
    if (overview.pending.length === 0) return dialog;
    return html`<section class="card">
        <h3>${texts.say("terminals.wait")}</h3>
        <ul>
          ${overview.pending.map(
            (it) =>
              html`<li>
                <span><strong>${it.serial}</strong> ${it.model} <span class="quiet">${it.address}</span></span>
                <button ?disabled=${lost !== undefined} title=${lost ?? nothing} @click=${() => (this.asked = it)}>
                  ${texts.say("terminals.approve")}<span class="hidden">: ${it.serial}</span>
                </button>
              </li>`,
          )}
        </ul>
        <p class="quiet">${texts.say("terminals.wait_hint")}</p>
      </section>
      ${dialog}`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-waiting": TimmyWaiting;
  }
}
