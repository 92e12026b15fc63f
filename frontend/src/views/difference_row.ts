import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import { changes, houseSays, mayBeKept, terminalSays, whoIs, type Choice, type Difference } from "../differences";
import type { Home } from "../home";
import { terminalName } from "../people";
import { addressOf } from "../place";
import { shared } from "../style";
import { follow } from "../view";

/** One difference: who and where, what the house and the terminal say, and whose word is to hold. Fires `settle`. */
@customElement("timmy-difference")
export class TimmyDifference extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        /* The list measures a row before it is drawn. */
        min-height: 120px;
      }
      .difference {
        padding: 12px;
        background: var(--timmy-card);
        border-bottom: 1px solid var(--timmy-line);
        overflow-wrap: anywhere;
      }
      .who {
        font-weight: 500;
      }
      dl {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        gap: 4px 16px;
        margin: 8px 0 0;
      }
      dt {
        color: var(--timmy-quiet);
        font-size: 12px;
      }
      dd {
        margin: 0;
      }
      .state {
        white-space: normal;
      }
      .actions button {
        min-height: 36px;
        padding: 4px 14px;
      }
    `,
  ];

  @property({ attribute: false }) home!: Home;
  @property({ attribute: false }) difference!: Difference;
  @property({ attribute: false }) busy = false;

  override render() {
    const { home, difference } = this;
    const say = (key: string, values = {}) => home.texts.say(key, values);
    const { since, left, kind, serial } = difference;
    const terminal = terminalName(home, serial);
    return html`<div class="difference">
      <div>
        <span class="who">${kind === "was_reset" ? terminal : whoIs(difference)}</span>
        <span class="state ${left ? "quiet" : "bad"}"
          ><span aria-hidden="true">≠</span> ${say(`person.why_${kind}`)}</span
        >
      </div>
      <div class="quiet">
        ${kind === "was_reset" ? nothing : terminal}
        ${since === null ? nothing : html`· ${say("differences.since", { time: home.format.moment(since) })}`}
        ${left ? html`· ${say("differences.left")}` : nothing}
      </div>
      ${kind === "was_reset" ? this.reset(serial) : html`${this.said()} ${this.choices(terminal)}`}
    </div>`;
  }

  private reset(serial: string): TemplateResult {
    return html`<p>
      <a href=${addressOf("terminals", [serial])} @click=${follow}>${this.home.texts.say("differences.reset")}</a>
    </p>`;
  }

  private said(): TemplateResult {
    const { home, difference } = this;
    const rows: [string, string, string][] =
      difference.kind === "changed"
        ? changes(home, difference)
        : [["", houseSays(home, difference).join(": "), terminalSays(home, difference).join(": ")]];
    const named = (what: string, who: string) => (what ? `${who} · ${what}` : who);
    return html`<dl>
      ${rows.map(
        ([what, house, there]) => html`
          <div>
            <dt>${named(what, home.texts.say("differences.house_says"))}</dt>
            <dd>${house}</dd>
          </div>
          <div>
            <dt>${named(what, home.texts.say("differences.terminal_says"))}</dt>
            <dd>${there}</dd>
          </div>
        `,
      )}
    </dl>`;
  }

  private choices(terminal: string): TemplateResult {
    const { difference } = this;
    const about = `${whoIs(difference)}, ${terminal}`;
    const isKept = mayBeKept(difference);
    return html`${isKept ? nothing : html`<div class="hint">${this.home.texts.say("differences.hours_of_groups")}</div>`}
      <div class="actions">
        ${isKept ? this.button("take_over", "keep", about) : nothing} ${this.button("put_back", "put_back", about)}
        ${difference.left ? nothing : this.button("leave", "leave", about)}
      </div>`;
  }

  private button(choice: Choice, text: string, about: string): TemplateResult {
    const why = this.home.lost;
    return html`<button
      class=${choice === "leave" ? "plain" : ""}
      ?disabled=${this.busy || why !== undefined}
      title=${why ?? nothing}
      @click=${() => this.dispatchEvent(new CustomEvent<Choice>("settle", { detail: choice }))}
    >
      ${this.home.texts.say(`differences.${text}`)}<span class="hidden">: ${about}</span>
    </button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-difference": TimmyDifference;
  }
}
