import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import "../elements/new_pass";
import type { MadePass } from "../elements/new_pass";
import { fromEntered, toEntered } from "../entered_time";
import { Followed } from "../followed";
import { doorName } from "../overview";
import { rules, validity } from "../pass_words";
import { deviceOf, doorNames, shown, withPasses, type Pass } from "../passes";
import { shared } from "../style";
import { View } from "../view";
import { Work } from "../work";
import { RARE, rareFields, rareOf } from "./pass_rules";

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
// So many are drawn at a time; more on demand.
const SHOWN = 60;

type Asked = { what: "new" } | { what: "extend" | "revoke"; pass: Pass };

/** Who is expected: passes with their states, making one, and what can be done with it. */
@customElement("timmy-guests")
export class TimmyGuests extends View {
  static override styles = [
    shared,
    css`
      .head {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 4px 12px;
      }
      .card p {
        margin: 4px 0 0;
      }
      .more {
        margin-top: 16px;
        text-align: center;
      }
    `,
  ];

  @state() private asked: Asked | undefined;
  // What opens is here for as long as its dialog is, and nowhere else.
  @state() private made: MadePass | undefined;
  @state() private noDoor = false;
  @state() private limit = SHOWN;
  private readonly passes = new Followed(this, "passes", withPasses, () => ({ include_ended: this.withEnded }));
  private readonly work = new Work(this, () => this.home.server);

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.made = undefined;
  }

  override render() {
    return html`
      <div class="bar">
        <h2 class="grow">${this.say("guests.title")}</h2>
        <button class="primary" ?disabled=${this.whyNot !== undefined} @click=${() => this.ask({ what: "new" })}>
          ${this.say("guests.new")}
        </button>
      </div>
      <div class="bar">
        <input
          class="grow"
          type="search"
          aria-label=${this.say("action.search")}
          placeholder=${this.say("action.search")}
          .value=${this.text}
          @input=${this.search}
        />
        <label class="check"
          ><input type="checkbox" .checked=${this.withEnded} @change=${this.toggleEnded} />${this.say(
            "guests.show_ended",
          )}</label
        >
      </div>
      ${this.list()} ${this.dialog()}
      ${
        this.made
          ? html`<timmy-new-pass
              .home=${this.home}
              .made=${this.made}
              @closed=${() => (this.made = undefined)}
            ></timmy-new-pass>`
          : nothing
      }
    `;
  }

  private get text(): string {
    return this.place.query["text"] ?? "";
  }

  private get withEnded(): boolean {
    return this.place.query["ended"] === "1";
  }

  private list(): TemplateResult {
    const { value, away } = this.passes;
    if (!value) return away ? html`<p class="error" role="alert">${away.message}</p>` : this.loading();
    if (value.size === 0) return html`<p class="empty">${this.say("guests.empty")}</p>`;
    const wanted = this.text.trim().toLocaleLowerCase();
    const found = [...value.values()].filter((it) => it.name.toLocaleLowerCase().includes(wanted));
    if (found.length === 0) return html`<p class="empty">${this.say("guests.nobody_found")}</p>`;
    return html`<div class="cards" role="list">
        ${repeat(
          found.slice(0, this.limit),
          (it) => it.pass_id,
          (it) => this.card(it),
        )}
      </div>
      ${
        found.length > this.limit
          ? html`<p class="more">
              <button @click=${() => (this.limit += SHOWN)}>${this.say("action.more")}</button>
            </p>`
          : nothing
      }`;
  }

  private card(pass: Pass): TemplateResult {
    const { shape, className } = shown(pass.state);
    const lacks = this.whyNot !== undefined || deviceOf(this.home.overview, pass) === undefined;
    return html`<div class="card" role="listitem" aria-label=${pass.name}>
      <div class="head">
        <h3>${pass.name}</h3>
        <span class="state ${className}"
          ><span aria-hidden="true">${shape}</span>${this.say(`guests.state_${pass.state}`)}</span
        >
      </div>
      <p>${doorNames(this.home.overview, pass).join(", ")}</p>
      <p>${validity(this.home, pass)}</p>
      ${rules(this.home, pass).map((it) => html`<p class="quiet">${it}</p>`)}
      ${
        pass.state === "revoked"
          ? nothing
          : html`<div class="actions">
              <button ?disabled=${lacks} @click=${() => this.ask({ what: "extend", pass })}>
                ${this.say("guests.extend")}
              </button>
              <button class="danger" ?disabled=${lacks} @click=${() => this.ask({ what: "revoke", pass })}>
                ${this.say("guests.revoke")}
              </button>
            </div>`
      }
    </div>`;
  }

  private dialog(): TemplateResult | typeof nothing {
    const { asked } = this;
    if (!asked) return nothing;
    if (asked.what === "new") return this.newDialog();
    return asked.what === "extend" ? this.extendDialog(asked.pass) : this.revokeDialog(asked.pass);
  }

  private newDialog(): TemplateResult {
    const doors = [...this.home.overview.terminals.values()].flatMap((terminal) =>
      terminal.doors.map((door) => ({ id: door.device_id, name: doorName(terminal, door) })),
    );
    if (doors.length === 0) {
      return html`<timmy-dialog light heading=${this.say("guests.new")} @closed=${this.close}>
        <p>${this.say("guests.no_doors")}</p>
        <button slot="actions" @click=${this.close}>${this.say("action.close")}</button>
      </timmy-dialog>`;
    }
    return this.form(
      this.say("guests.new"),
      this.say("guests.make"),
      this.create,
      html`
        <label
          >${this.say("guests.name")}
          <input name="name" required maxlength="64" autocomplete="off" />
          ${this.refused("name")}
        </label>
        <fieldset>
          <legend>${this.say("guests.doors")}</legend>
          ${doors.map(
            ({ id, name }) =>
              html`<label class="check"
                ><input type="checkbox" name="device_id" value=${id} ?checked=${doors.length === 1} />${name}</label
              >`,
          )}
          ${this.noDoor ? html`<p class="error" role="alert">${this.say("guests.choose_door")}</p>` : nothing}
          ${this.refused("device_id")}
        </fieldset>
        <label
          >${this.say("guests.from")}
          <input name="valid_from" type="datetime-local" />
          <span class="hint">${this.say("guests.from_hint")}</span>${this.refused("valid_from")}
        </label>
        ${this.untilField(this.tomorrow, this.say("guests.until_hint"))}
        ${this.usesField("", this.say("guests.uses_hint"))} ${rareFields(this.home, (field) => this.refused(field))}
      `,
    );
  }

  private extendDialog(pass: Pass): TemplateResult {
    const until = pass.valid_until === null ? "" : toEntered(this.home.hass, pass.valid_until);
    return this.form(
      `${this.say("guests.extend")}: ${pass.name}`,
      this.say("action.save"),
      this.extend,
      html`${this.untilField(until)} ${this.usesField(pass.max_uses === null ? "" : String(pass.max_uses))}`,
    );
  }

  private revokeDialog(pass: Pass): TemplateResult {
    return html`<timmy-dialog heading=${this.say("guests.revoke")} @closed=${this.close}>
      <p>${this.say("guests.revoke_question", { name: pass.name })}</p>
      ${this.problem()}
      <button slot="actions" @click=${this.close}>${this.say("action.cancel")}</button>
      <button
        slot="actions"
        class="primary danger"
        ?disabled=${this.work.busy || this.whyNot !== undefined}
        @click=${() => void this.revoke(pass)}
      >
        ${this.say("guests.revoke")}
      </button>
    </timmy-dialog>`;
  }

  private form(
    heading: string,
    button: string,
    submit: (event: SubmitEvent) => void,
    fields: TemplateResult,
  ): TemplateResult {
    return html`<timmy-dialog heading=${heading} @closed=${this.close}>
      <form id="form" @submit=${submit}>${fields} ${this.problem()}</form>
      <button slot="actions" type="button" @click=${this.close}>${this.say("action.cancel")}</button>
      <button
        slot="actions"
        class="primary"
        type="submit"
        form="form"
        ?disabled=${this.work.busy || this.whyNot !== undefined}
      >
        ${button}
      </button>
    </timmy-dialog>`;
  }

  private untilField(value: string, hint = ""): TemplateResult {
    return html`<label
      >${this.say("guests.until")}
      <input name="valid_until" type="datetime-local" value=${value} />
      ${hint ? html`<span class="hint">${hint}</span>` : nothing}${this.refused("valid_until")}
    </label>`;
  }

  private usesField(value: string, hint = ""): TemplateResult {
    return html`<label
      >${this.say("guests.uses")}
      <input name="max_uses" type="number" inputmode="numeric" min="1" max="100000" step="1" value=${value} />
      ${hint ? html`<span class="hint">${hint}</span>` : nothing}${this.refused("max_uses")}
    </label>`;
  }

  /** Why a field was refused, beside it. */
  private refused(field: string): TemplateResult | typeof nothing {
    const { refusal } = this.work;
    if (refusal?.field !== field) return nothing;
    // The field's name as actions know it says nothing to people, and it stands beside it.
    const prefix = `${field}: `;
    const { message } = refusal;
    const text = message.startsWith(prefix) ? message.slice(prefix.length) : message;
    return html`<span class="error" role="alert">${text}</span>`;
  }

  /** What stands in the way and belongs to none of the fields that are shown. */
  private problem(): TemplateResult | typeof nothing {
    const { refusal } = this.work;
    const why = this.whyNot ?? (refusal && !this.isShown(refusal.field) ? refusal.message : undefined);
    return why === undefined ? nothing : html`<p class="error" role="alert">${why}</p>`;
  }

  private isShown(field: string | undefined): boolean {
    const fields: Record<Asked["what"], string[]> = {
      new: ["name", "device_id", "valid_from", "valid_until", "max_uses", ...RARE],
      extend: ["valid_until", "max_uses"],
      revoke: [],
    };
    return this.asked !== undefined && field !== undefined && fields[this.asked.what].includes(field);
  }

  /** This time tomorrow, as it is entered. */
  private get tomorrow(): string {
    return toEntered(this.home.hass, new Date(Date.now() + DAY_MILLISECONDS));
  }

  private ask(asked: Asked): void {
    this.work.forget();
    this.noDoor = false;
    this.asked = asked;
  }

  private readonly close = (): void => {
    // What is under way ends first: a pass that is being made has to be shown.
    if (!this.work.busy) this.asked = undefined;
  };

  private readonly create = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const doors = form.getAll("device_id");
    this.noDoor = doors.length === 0;
    if (this.noDoor) return;
    const limits = { ...this.limits(form, ["valid_from", "valid_until"]), ...rareOf(form) };
    const data = { device_id: doors, name: entered(form, "name"), ...limits };
    await this.work.run(async () => {
      const made = await this.home.server.perform<MadePass>("create_pass", data);
      // Who has gone to another page by now cannot be shown it, and it is kept nowhere.
      if (this.isConnected) this.made = made;
      this.asked = undefined;
    });
  };

  private readonly extend = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (this.asked?.what !== "extend") return;
    const { pass } = this.asked;
    const form = new FormData(event.target as HTMLFormElement);
    // What stands there as before is not changed.
    if (pass.valid_until !== null && entered(form, "valid_until") === toEntered(this.home.hass, pass.valid_until)) {
      form.delete("valid_until");
    }
    if (entered(form, "max_uses") === String(pass.max_uses)) form.delete("max_uses");
    const data = { device_id: deviceOf(this.home.overview, pass), pass_id: pass.pass_id };
    const changes = this.limits(form, ["valid_until"]);
    const done = await this.work.run(() => this.home.server.perform("extend_pass", { ...data, ...changes }));
    if (done) this.finish(this.say("guests.extended", { name: pass.name }));
  };

  private async revoke(pass: Pass): Promise<void> {
    const data = { device_id: deviceOf(this.home.overview, pass), pass_id: pass.pass_id };
    const done = await this.work.run(() => this.home.server.perform("revoke_pass", data));
    if (done) this.finish(this.say("guests.revoked", { name: pass.name }));
  }

  private finish(text: string): void {
    this.asked = undefined;
    this.home.tell(text);
  }

  /** What was entered of how long and how often, as the server takes it; what is empty is left out. */
  private limits(form: FormData, moments: readonly string[]): Record<string, string | number> {
    const limits: Record<string, string | number> = {};
    for (const field of moments) {
      const value = entered(form, field);
      if (value) limits[field] = fromEntered(this.home.hass, value);
    }
    const uses = entered(form, "max_uses");
    if (uses) limits["max_uses"] = Number(uses);
    return limits;
  }

  private readonly search = (event: Event): void => {
    this.limit = SHOWN;
    this.filter({ text: (event.target as HTMLInputElement).value });
  };

  private readonly toggleEnded = (event: Event): void => {
    this.filter({ ended: (event.target as HTMLInputElement).checked ? "1" : "" });
  };

  override updated(changed: Map<PropertyKey, unknown>): void {
    const before = changed.get("place") as typeof this.place | undefined;
    if (before && (before.query["ended"] ?? "") !== (this.place.query["ended"] ?? "")) {
      this.passes.again();
      this.requestUpdate();
    }
  }
}

function entered(form: FormData, field: string): string {
  const value = form.get(field);
  return typeof value === "string" ? value.trim() : "";
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-guests": TimmyGuests;
  }
}
