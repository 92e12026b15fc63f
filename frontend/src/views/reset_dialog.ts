import { LitElement, html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Home } from "../home";
import type { Terminal } from "../overview";
import { shared } from "../style";
import { Work } from "../work";

type Answer = "put_back" | "take_over";

/** A terminal reports nobody where there were many: fill it again, or take over what is on it. Fires `closed`. */
@customElement("timmy-reset-dialog")
export class TimmyResetDialog extends LitElement {
  static override styles = [shared];

  @property({ attribute: false }) home!: Home;
  @property({ attribute: false }) terminal!: Terminal;
  @state() private answer: Answer = "put_back";
  private readonly work = new Work(this, () => this.home.server);

  override render() {
    const { home, terminal, work } = this;
    const say = (key: string, values = {}) => home.texts.say(key, values);
    const why = home.lost;
    return html`<timmy-dialog heading=${say("terminals.reset_title", { name: terminal.name })} @closed=${this.close}>
      <p>${say("terminals.was_reset")}</p>
      <fieldset>
        <legend class="hidden">${say("terminals.reset_title", { name: terminal.name })}</legend>
        ${this.option("put_back", "fill")} ${this.option("take_over", "take_over")}
      </fieldset>
      ${work.refusal ? html`<p class="error" role="alert">${work.refusal.message}</p>` : nothing}
      ${why ? html`<p class="error" role="alert">${why}</p>` : nothing}
      <button slot="actions" ?disabled=${work.busy} @click=${this.close}>${say("action.cancel")}</button>
      <button
        slot="actions"
        class="primary ${this.answer === "take_over" ? "danger" : ""}"
        ?disabled=${work.busy || why !== undefined}
        @click=${this.confirm}
      >
        ${say("action.next")}
      </button>
    </timmy-dialog>`;
  }

  private option(answer: Answer, text: string) {
    return html`<label class="check"
      ><input
        type="radio"
        name="answer"
        .checked=${this.answer === answer}
        @change=${() => (this.answer = answer)}
      />${this.home.texts.say(`terminals.${text}`)}</label
    >`;
  }

  private readonly confirm = (): void => {
    const { answer, home, terminal } = this;
    void this.work.run(async () => {
      await home.server.perform("settle_difference", {
        device_id: terminal.device_id,
        kind: "was_reset",
        choice: answer,
      });
      const done = answer === "put_back" ? "terminals.fill_done" : "terminals.take_over_done";
      home.tell(home.texts.say(done, { terminal: terminal.name }));
      this.dispatchEvent(new CustomEvent("closed"));
    });
  };

  private readonly close = (): void => {
    if (!this.work.busy) this.dispatchEvent(new CustomEvent("closed"));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-reset-dialog": TimmyResetDialog;
  }
}
