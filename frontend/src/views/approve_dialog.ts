import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Home } from "../home";
import { macInWords, type Pending, type Terminal } from "../overview";
import { shared } from "../style";
import { Work } from "../work";

const MOST_DOORS = 4;

/**
 * Approve who waits, as a new terminal or in the place of one: what is shown here is let in, or nobody.
 *
 * Fires `closed`.
 */
@customElement("timmy-approve-dialog")
export class TimmyApproveDialog extends LitElement {
  static override styles = [
    shared,
    css`
      .facts {
        margin-bottom: 16px;
      }
    `,
  ];

  @property({ attribute: false }) home!: Home;
  /** Who is shown; undefined to choose from those who wait. */
  @property({ attribute: false }) waiting: Pending | undefined;
  /** Whose place it takes. */
  @property({ attribute: false }) replaced: Terminal | undefined;
  @state() private chosen: Pending | undefined;
  /** How many doors are entered; undefined as long as that is what was assumed. */
  @state() private doors: number | undefined;
  private readonly work = new Work(this, () => this.home.server);

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) return;
    const { pending } = this.home.overview;
    this.chosen = this.waiting ?? (pending.length === 1 ? pending[0] : undefined);
  }

  override render() {
    const { home, replaced, work, chosen } = this;
    const say = (key: string, values = {}) => home.texts.say(key, values);
    const why = home.lost;
    // Who is not there any more says something else by now, or nothing.
    const isThere = chosen !== undefined && home.overview.pending.some((it) => it.mark === chosen.mark);
    return html`<timmy-dialog
      heading=${replaced ? say("terminals.replace_title", { name: replaced.name }) : say("terminals.approve_title")}
      @closed=${this.close}
    >
      <form id="approve" @submit=${this.save}>
        ${this.waiting ? nothing : this.choice()} ${chosen ? this.facts(chosen) : nothing}
        ${replaced ? html`<p>${say("terminals.replace_hint", { name: replaced.name })}</p>` : nothing}
        ${chosen ? this.fields(chosen) : nothing}
      </form>
      ${work.refusal ? html`<p class="error" role="alert">${work.refusal.message}</p>` : nothing}
      ${
        chosen && !isThere && !work.busy
          ? html`<p class="error" role="alert">${home.texts.error("approval_waits_no_more", {})}</p>`
          : nothing
      }
      ${why ? html`<p class="error" role="alert">${why}</p>` : nothing}
      <button slot="actions" ?disabled=${work.busy} @click=${this.close}>${say("action.cancel")}</button>
      <button
        slot="actions"
        class="primary"
        type="submit"
        form="approve"
        ?disabled=${work.busy || why !== undefined || !isThere}
      >
        ${say(replaced ? "terminals.replace" : "terminals.approve")}
      </button>
    </timmy-dialog>`;
  }

  private choice(): TemplateResult {
    const { texts, overview } = this.home;
    return html`<fieldset>
      <legend>${texts.say("terminals.replace_which")}</legend>
      ${overview.pending.map(
        (it) =>
          html`<label class="check"
            ><input
              type="radio"
              name="which"
              .checked=${it.mark === this.chosen?.mark}
              @change=${() => {
                this.chosen = it;
                this.doors = undefined;
              }}
            />${it.serial} ${it.model} ${it.address}</label
          >`,
      )}
      ${overview.pending.length === 0 ? html`<p class="quiet">${texts.say("terminals.first")}</p>` : nothing}
    </fieldset>`;
  }

  private facts(waiting: Pending): TemplateResult {
    const { texts, format } = this.home;
    const unknown = texts.say("word.unknown");
    const facts: [string, string][] = [
      ["serial", waiting.serial],
      ["model", waiting.model],
      ["address", waiting.address],
      ["processor", waiting.cpu_serial ?? unknown],
      ["mac", waiting.mac === null ? unknown : macInWords(waiting.mac)],
      ["people_on_it", waiting.people === null ? unknown : format.number(waiting.people)],
    ];
    return html`<p class="quiet">${texts.say("terminals.wait_hint")}</p>
      <dl class="facts">
        ${facts.map(
          ([what, said]) =>
            html`<dt>${texts.say(`terminals.${what}`)}</dt>
              <dd>${said}</dd>`,
        )}
      </dl>`;
  }

  private fields(waiting: Pending): TemplateResult {
    const { replaced } = this;
    const say = (key: string, values = {}) => this.home.texts.say(key, values);
    // A terminal that is told to open a door that it has not may open the one that it has.
    const doors = replaced ? Math.min(replaced.doors.length, waiting.doors) : waiting.doors;
    return html`${
        replaced
          ? nothing
          : html`<label
              >${say("person.name")}<input
                name="name"
                required
                maxlength="64"
                autocomplete="off"
                .value=${waiting.model}
            /></label>`
      }
      <label
        >${say("terminals.doors_count")}<input
          name="doors"
          type="number"
          required
          min="1"
          max=${MOST_DOORS}
          .value=${String(doors)}
          @input=${(event: InputEvent) => (this.doors = Number((event.target as HTMLInputElement).value))}
        /><span class="hint"
          >${say(replaced ? "terminals.doors_hint" : "terminals.approve_hint")}
          ${replaced ? nothing : say("terminals.doors_assumed", { doors, model: waiting.model })}</span
        ></label
      >
      ${replaced ? nothing : this.names(this.doors ?? doors)}
      ${
        !replaced && waiting.may_be_kept
          ? html`<label class="check"
                ><input type="checkbox" name="keep" checked />${say("terminals.approve_keep")}</label
              >
              <p class="hint">${say("terminals.approve_keep_hint")}</p>`
          : nothing
      }`;
  }

  /** Of several doors each may have a name; an only one is called like its terminal. */
  private names(doors: number): TemplateResult | typeof nothing {
    if (!(doors > 1 && doors <= MOST_DOORS)) return nothing;
    const { texts } = this.home;
    return html`<p class="quiet">${texts.say("terminals.door_names_hint")}</p>
      ${Array.from(
        { length: doors },
        (_, door) =>
          html`<label
            >${texts.say("terminals.door_name", { number: door + 1 })}<input
              name="door"
              maxlength="64"
              autocomplete="off"
          /></label>`,
      )}`;
  }

  private readonly save = (event: SubmitEvent): void => {
    event.preventDefault();
    const { chosen, home, replaced, work } = this;
    if (!chosen || home.lost !== undefined || work.busy) return;
    const form = new FormData(event.target as HTMLFormElement);
    const mark = chosen.mark;
    const doors = Number(form.get("doors"));
    void work.run(async () => {
      if (replaced) {
        // The listener starts again meanwhile, and the page with it; what has become of it is said all the same.
        const { done } = await home.server.ask<{ done: boolean }>("replace_terminal", {
          mark,
          serial: replaced.serial,
          doors,
        });
        home.tell(home.texts.say(done ? "terminals.replace_done" : "terminals.replace_later", { name: replaced.name }));
      } else {
        const name = String(form.get("name")).trim();
        const names = form.getAll("door").map((door) => String(door).trim());
        const keep = form.has("keep");
        await home.server.ask("approve_terminal", { mark, name, doors, door_names: names, keep_in_step: keep });
        home.tell(home.texts.say(keep ? "terminals.approve_done_kept" : "terminals.approve_done", { name }));
      }
      this.dispatchEvent(new CustomEvent("closed"));
    });
  };

  private readonly close = (): void => {
    if (!this.work.busy) this.dispatchEvent(new CustomEvent("closed"));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-approve-dialog": TimmyApproveDialog;
  }
}
