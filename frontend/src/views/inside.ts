import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import "../elements/dialog";
import { Followed, replaced } from "../followed";
import { found, named, type Present, type RollCall } from "../inside";
import { printList } from "../printed";
import { shared } from "../style";
import { View } from "../view";
import { Work } from "../work";

// So many are drawn at a time; more on demand.
const SHOWN = 100;

/** Who is inside, by name, and who has been found safe. */
@customElement("timmy-inside")
export class TimmyInside extends View {
  static override styles = [
    shared,
    css`
      ul {
        list-style: none;
        margin: 0;
        padding: 0;
        border: 1px solid var(--timmy-line);
        border-radius: 12px;
        background: var(--timmy-card);
      }
      li + li {
        border-top: 1px solid var(--timmy-line);
      }
      li label {
        display: flex;
        gap: 16px;
        align-items: center;
        margin: 0;
        padding: 12px 16px;
        min-height: 64px;
        cursor: pointer;
        overflow-wrap: anywhere;
      }
      li span {
        min-width: 0;
        flex: 1;
      }
      li input[type="checkbox"] {
        width: 32px;
        min-height: 32px;
      }
      .name {
        display: block;
        font-size: 16px;
        font-weight: 500;
      }
      .warn {
        border-inline-start: 4px solid var(--timmy-warn);
        padding: 8px 16px;
        background: var(--timmy-card);
        overflow-wrap: anywhere;
      }
      .more {
        margin-top: 16px;
        text-align: center;
      }
    `,
  ];

  @state() private limit = SHOWN;
  @state() private ending = false;
  private takeAway: (() => void) | undefined;
  private readonly rollCall = new Followed<RollCall>(this, "inside", replaced);
  private readonly work = new Work(this, () => this.home.server);

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.takeAway?.();
    this.takeAway = undefined;
  }

  override render() {
    const { value, away } = this.rollCall;
    if (!value?.counted) {
      return html`<div class="bar"><h2>${this.say("inside.title")}</h2></div>
        ${value ? this.notCounted() : away ? html`<p class="error" role="alert">${away.message}</p>` : this.loading()}`;
    }
    return html`
      <div class="bar">
        <h2 class="grow" aria-live="polite">${this.home.texts.count("inside.count", value.inside)}</h2>
        <button @click=${() => this.print(value)}>${this.say("action.print")}</button>
        ${
          value.begun === null
            ? nothing
            : html`<button class="danger" ?disabled=${this.whyNot !== undefined} @click=${() => (this.ending = true)}>
                ${this.say("inside.end")}
              </button>`
        }
      </div>
      ${
        value.uncertain.length > 0
          ? html`<p class="warn" role="alert">
              ${this.say("inside.uncertain", { terminals: value.uncertain.join(", ") })}
            </p>`
          : nothing
      }
      <p role="status" aria-live="polite">${this.standing(value)}</p>
      ${value.people.length === 0 ? html`<p class="empty">${this.say("inside.nobody")}</p>` : this.list(value)}
      <p class="quiet">${this.say("inside.guests")}</p>
      ${this.ending ? this.endDialog() : nothing}
    `;
  }

  /** Nobody is counted, and where the terminals are whose settings change that. */
  private notCounted(): TemplateResult {
    return html`<div class="empty">
      <p>${this.home.texts.error("roll_call_not_counted", {})}</p>
      <p>${this.link("/config/integrations/integration/timmy_access", this.say("terminals.title"))}</p>
    </div>`;
  }

  /** How far a roll call is, or how one begins. */
  private standing(value: RollCall): string {
    if (value.begun === null) return value.people.length > 0 ? this.say("inside.hint") : "";
    const number = (count: number) => this.home.format.number(count);
    const safe = value.people.filter((it) => it.safe).length;
    const begun = this.say("inside.begun", { time: this.home.format.moment(value.begun) });
    return `${begun} · ${this.say("inside.safe_of", { safe: number(safe), count: number(value.people.length) })}`;
  }

  private list(value: RollCall): TemplateResult {
    const people = found(value.people, this.text, this.missing);
    const { refusal } = this.work;
    const why = this.whyNot ?? refusal?.message;
    return html`
      <div class="bar">
        <input
          class="grow"
          type="search"
          aria-label=${this.say("people.search")}
          placeholder=${this.say("people.search")}
          .value=${this.text}
          @input=${this.search}
        />
        <label class="check"
          ><input type="checkbox" .checked=${this.missing} @change=${this.toggleMissing} />${this.say(
            "inside.missing",
          )}</label
        >
      </div>
      ${why === undefined ? nothing : html`<p class="error" role="alert">${why}</p>`}
      ${
        people.length === 0
          ? html`<p class="empty">${this.say("people.nobody")}</p>`
          : html`<ul>
              ${repeat(
                people.slice(0, this.limit),
                (it) => `${it.enroll_id} ${it.name ?? ""} ${it.terminal}`,
                (it) => this.line(it),
              )}
            </ul>`
      }
      ${
        people.length > this.limit
          ? html`<div class="more">
              <button @click=${() => (this.limit += SHOWN)}>${this.say("action.more")}</button>
            </div>`
          : nothing
      }
    `;
  }

  private line(it: Present): TemplateResult {
    const name = this.name(it);
    return html`<li>
      <label>
        <input
          type="checkbox"
          aria-label=${this.say("inside.mark", { name })}
          .checked=${it.safe}
          ?disabled=${this.work.busy || this.whyNot !== undefined}
          @change=${(event: Event) => void this.tick(it, event)}
        />
        <span>
          <span class="name">${name}</span>
          <span class="hint">${this.since(it)}</span>
          ${it.inside ? nothing : html`<span class="hint">${this.say("inside.left")}</span>`}
          ${it.safe_at === null ? nothing : html`<span class="hint">${this.ticked(it)}</span>`}
        </span>
        ${it.safe ? html`<strong class="state good">${this.say("inside.safe")}</strong>` : nothing}
      </label>
    </li>`;
  }

  private endDialog(): TemplateResult {
    const { refusal } = this.work;
    const why = this.whyNot ?? refusal?.message;
    return html`<timmy-dialog heading=${this.say("inside.end")} @closed=${() => (this.ending = false)}>
      <p>${this.say("inside.end_ask")}</p>
      ${why === undefined ? nothing : html`<p class="error" role="alert">${why}</p>`}
      <button slot="actions" @click=${() => (this.ending = false)}>${this.say("action.cancel")}</button>
      <button
        slot="actions"
        class="primary danger"
        ?disabled=${this.work.busy || this.whyNot !== undefined}
        @click=${() => void this.end()}
      >
        ${this.say("inside.end")}
      </button>
    </timmy-dialog>`;
  }

  private name(it: Present): string {
    return it.name ?? this.say("log.user", { number: it.enroll_id });
  }

  private since(it: Present): string {
    return this.say("inside.since", { time: this.home.format.moment(it.since), terminal: it.terminal });
  }

  private ticked(it: Present): string {
    if (it.safe_at === null) return "";
    const time = this.home.format.time(it.safe_at);
    return it.safe_by === null
      ? this.say("inside.safe_at", { time })
      : this.say("inside.safe_by", { time, user: it.safe_by });
  }

  private async tick(it: Present, event: Event): Promise<void> {
    const box = event.target as HTMLInputElement;
    const safe = box.checked;
    const done = await this.work.run(() => this.home.server.perform("mark_safe", { ...named(it), safe }));
    // What is not on the disk is not ticked.
    if (!done) box.checked = it.safe;
  }

  private async end(): Promise<void> {
    if (!(await this.work.run(() => this.home.server.perform("end_roll_call")))) return;
    this.ending = false;
    this.home.tell(this.say("inside.ended"));
  }

  private print(value: RollCall): void {
    this.takeAway?.();
    const heading = `${this.say("inside.title")}, ${this.home.format.moment(new Date())}`;
    const rows = found(value.people, this.text, this.missing).map((it) => [
      it.safe ? "\u2611" : "\u2610",
      this.name(it),
      it.inside ? this.since(it) : this.say("inside.left"),
      this.ticked(it),
    ]);
    const doubts =
      value.uncertain.length > 0
        ? [["!", this.say("inside.uncertain", { terminals: value.uncertain.join(", ") })]]
        : [];
    this.takeAway = printList(heading, [...doubts, ...rows]);
  }

  private get text(): string {
    return this.place.query["text"] ?? "";
  }

  private get missing(): boolean {
    return this.place.query["missing"] === "1";
  }

  private readonly search = (event: Event): void => {
    this.limit = SHOWN;
    this.filter({ text: (event.target as HTMLInputElement).value });
  };

  private readonly toggleMissing = (event: Event): void => {
    this.filter({ missing: (event.target as HTMLInputElement).checked ? "1" : "" });
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-inside": TimmyInside;
  }
}
