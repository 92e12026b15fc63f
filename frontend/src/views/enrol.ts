import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import "../elements/photo";
import { credentialName } from "../credentials";
import {
  FINGERS,
  KINDS,
  fingersOf,
  isKind,
  isUnderWay,
  nextFinger,
  whyNotAt,
  whyNotKind,
  type Enrolment,
  type Kind,
  type Recording,
} from "../enrolment";
import { Followed, replaced } from "../followed";
import { goTo } from "../home_assistant";
import type { Terminal } from "../overview";
import { peopleWith, whyNoKeys, type Person } from "../people";
import { inBase64 } from "../picture";
import { addressOf } from "../place";
import { shared } from "../style";
import { View } from "../view";
import { Work } from "../work";
import { others, told } from "./enrol_words";

/** Somebody of the house is recorded at a terminal: finger, face, palm, card, PIN or photo. */
@customElement("timmy-enrol")
export class TimmyEnrol extends View {
  static override styles = [
    shared,
    css`
      .choices {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(240px, 100%), 1fr));
        gap: 4px 12px;
      }
      .choices .hint {
        margin: 0;
      }
      ul {
        list-style: none;
        margin: 0;
        padding: 0;
      }
      li {
        padding: 6px 0;
      }
      .now {
        font-size: 18px;
      }
      .state {
        white-space: normal;
      }
    `,
  ];

  @state() private photo: Blob | undefined;
  /** What is typed; it is kept until it is saved, whatever becomes of the connection. */
  @state() private typed = "";
  /** A card or PIN was typed here, and the house has it. */
  @state() private isTypedSaved = false;
  private personId = "";
  private person: Person | undefined;
  private known: Enrolment | undefined;
  private readonly work = new Work(this, () => this.home.server);
  private readonly people = new Followed(this, "people", peopleWith, () => {
    this.personId = this.place.rest[0] ?? "";
    return { person_id: this.personId };
  });
  private readonly enrolment = new Followed<Enrolment>(this, "enrolment", replaced);

  override willUpdate(): void {
    if (this.hasUpdated && this.place.rest[0] !== this.personId) {
      this.person = undefined;
      this.people.again();
    }
    // What a listener has told that is away for the moment stays on the page, with what was typed into it.
    if (this.people.value) this.person = this.people.value.byId.get(this.personId);
    this.known = this.enrolment.value ?? this.known;
  }

  override updated(): void {
    const heading = this.renderRoot.querySelector<HTMLElement>("h2");
    if (heading && document.activeElement === document.body) heading.focus({ preventScroll: true });
  }

  override render() {
    const { person, known } = this;
    const away = this.people.away ?? this.enrolment.away;
    const back = addressOf("people", [this.personId]);
    return html`<p>${this.link(back, html`← <bdi>${person?.name ?? this.say("people.title")}</bdi>`)}</p>
      <div class="bar"><h2 tabindex="-1">${this.say("enrol.title", { name: person?.name ?? "" })}</h2></div>
      ${away ? html`<p class="error" role="alert">${away.message}</p>` : nothing}
      ${
        person && known
          ? this.content(person, known)
          : this.people.value && !person
            ? html`<p class="empty">${this.say("person.unknown")}</p>`
            : away
              ? nothing
              : this.loading()
      }`;
  }

  private content(person: Person, known: Enrolment): TemplateResult {
    const terminal = this.terminal(person);
    const kind = this.kind(terminal, known);
    const recording = this.recording(terminal, known);
    if (isUnderWay(recording) || recording?.step === "done" || this.isTypedSaved)
      return this.progress(person, known, terminal, recording);
    return html`<form class="card" @submit=${this.begin}>
      ${recording ? told(this.home, person, terminal, recording) : nothing} ${this.terminals(person, terminal)}
      ${this.kinds(terminal, kind, known)} ${kind ? this.details(person, kind) : nothing} ${this.error()}
      <div class="actions">
        <button
          class="primary"
          type="submit"
          ?disabled=${this.work.busy || this.whyNot !== undefined || !this.isReady(terminal, kind)}
        >
          ${this.say(this.isTyped(kind) ? "action.save" : "enrol.start")}
        </button>
        ${this.whyNot === undefined ? nothing : html`<span class="error">${this.whyNot}</span>`}
      </div>
    </form>`;
  }

  // What is chosen, which stands in the address

  private terminal(person: Person): Terminal | undefined {
    const usable = [...this.home.overview.terminals.values()].filter((it) => !whyNotAt(this.home, person, it));
    return usable.find((it) => it.serial === this.place.query["terminal"]) ?? usable[0];
  }

  private kind(terminal: Terminal | undefined, known: Enrolment): Kind | undefined {
    const takes = (it: Kind) => !whyNotKind(this.home, known.takes[terminal?.serial ?? ""]?.[it]);
    const { kind } = this.place.query;
    return isKind(kind) && takes(kind) ? kind : KINDS.find(takes);
  }

  private isTyped(kind: Kind | undefined): boolean {
    const can = (kind === "card" || kind === "password") && whyNoKeys(this.home) === undefined;
    return can && this.place.query["how"] === "typed";
  }

  private isReady(terminal: Terminal | undefined, kind: Kind | undefined): boolean {
    if (this.isTyped(kind)) return true;
    return terminal !== undefined && kind !== undefined && (kind !== "photo" || this.photo !== undefined);
  }

  private finger(person: Person): number {
    const index = Number(this.place.query["index"] ?? NaN);
    return Number.isInteger(index) && index >= 0 && index < FINGERS ? index : nextFinger(person);
  }

  /** The recording that is on the page: the one that was begun here, or one that is under way. */
  private recording(terminal: Terminal | undefined, known: Enrolment): Recording | undefined {
    const { recording, terminal: serial = terminal?.serial ?? "" } = this.place.query;
    const of = (it: Recording | undefined) => (it?.person_id === this.personId ? it : undefined);
    const begun = of(known.recordings[serial]);
    if (begun && (begun.recording_id === recording || isUnderWay(begun))) return begun;
    return Object.values(known.recordings).find((it) => of(it) && isUnderWay(it));
  }

  // What is asked

  private terminals(person: Person, chosen: Terminal | undefined): TemplateResult {
    return html`<fieldset>
      <legend>${this.say("enrol.terminal")}</legend>
      <div class="choices">
        ${[...this.home.overview.terminals.values()].map((it) => {
          const why = whyNotAt(this.home, person, it);
          return this.choice("terminal", it.serial, it.name, it === chosen, why);
        })}
      </div>
      ${chosen ? nothing : html`<p class="error">${this.say("enrol.no_terminal")}</p>`}
    </fieldset>`;
  }

  private kinds(terminal: Terminal | undefined, chosen: Kind | undefined, known: Enrolment): TemplateResult {
    return html`<fieldset>
      <legend>${this.say("enrol.kind")}</legend>
      <div class="choices">
        ${KINDS.map((it) => {
          const why = whyNotKind(this.home, known.takes[terminal?.serial ?? ""]?.[it]);
          return this.choice("kind", it, credentialName(this.home, it), it === chosen, why);
        })}
      </div>
    </fieldset>`;
  }

  private choice(name: string, value: string, label: string, chosen: boolean, why?: string): TemplateResult {
    return html`<label class="check"
      ><input
        type="radio"
        name=${name}
        value=${value}
        .checked=${chosen}
        ?disabled=${why !== undefined}
        @change=${() => this.filter({ [name]: value, recording: "", ...(name === "kind" ? { index: "", how: "" } : {}) })}
      /><span><bdi>${label}</bdi>${why === undefined ? nothing : html` <span class="hint">${why}</span>`}</span></label
    >`;
  }

  private details(person: Person, kind: Kind): TemplateResult | typeof nothing {
    switch (kind) {
      case "fingerprint":
        return this.fingers(person);
      case "photo":
        return html`<timmy-photo
          .home=${this.home}
          .name=${person.name}
          .picture=${this.photo}
          @chosen=${(event: CustomEvent<Blob>) => (this.photo = event.detail)}
        ></timmy-photo>`;
      case "card":
      case "password":
        return this.key(kind);
      default:
        return nothing;
    }
  }

  private fingers(person: Person): TemplateResult {
    const recorded = fingersOf(person);
    const chosen = this.finger(person);
    return html`<label
      >${this.say("enrol.finger")}<select
        @change=${(event: Event) => this.filter({ index: (event.target as HTMLSelectElement).value })}
      >
        ${Array.from({ length: FINGERS }, (_, index) => {
          const name = credentialName(this.home, `fingerprint_${index}`);
          return html`<option value=${index} ?selected=${index === chosen}>
            ${recorded.has(index) ? this.say("enrol.replaces", { name }) : name}
          </option>`;
        })}
      </select></label
    >`;
  }

  private key(kind: Kind): TemplateResult {
    const why = whyNoKeys(this.home);
    const isTyped = this.isTyped(kind);
    return html`<fieldset>
      <legend>${this.say("enrol.how")}</legend>
      ${this.choice("how", "terminal", this.say("enrol.how_terminal"), !isTyped)}
      ${this.choice("how", "typed", this.say("enrol.how_typed"), isTyped, why)}
      ${
        isTyped
          ? html`<label
              >${this.say(kind === "card" ? "person.card" : "person.pin")}<input
                name="typed"
                required
                inputmode="numeric"
                pattern="[0-9]*"
                autocomplete="off"
                .value=${this.typed}
                @input=${(event: Event) => (this.typed = (event.target as HTMLInputElement).value)}
              />
              <span class="hint">${this.say(kind === "card" ? "person.card_hint" : "person.pin_hint")}</span></label
            >`
          : nothing
      }
    </fieldset>`;
  }

  private error(): TemplateResult | typeof nothing {
    const { refusal } = this.work;
    return refusal ? html`<p class="error" role="alert">${refusal.message}</p>` : nothing;
  }

  // How far it is

  private progress(
    person: Person,
    known: Enrolment,
    chosen: Terminal | undefined,
    recording: Recording | undefined,
  ): TemplateResult {
    const serial = Object.keys(known.recordings).find((it) => known.recordings[it] === recording);
    const terminal = serial === undefined ? chosen : this.home.overview.terminals.get(serial);
    const canCancel = recording?.step === "preparing" || recording?.step === "asked";
    const isDone = recording?.step === "done" || this.isTypedSaved;
    const credential = recording?.credential ?? this.place.query["kind"] ?? "card";
    return html`<section class="card">
        <h3>${credentialName(this.home, credential)}</h3>
        <div role="status" aria-live="polite">
          ${recording ? told(this.home, person, terminal, recording) : html`<p>${this.say("person.saved", { name: person.name })}</p>`}
        </div>
        ${recording?.step === "asked" ? html`<p class="quiet">${this.say("enrol.asked_hint")}</p>` : nothing}
        ${this.error()}
        <div class="actions">
          ${
            canCancel && terminal
              ? html`<button
                  ?disabled=${this.work.busy || this.whyNot !== undefined}
                  @click=${() => this.cancel(terminal)}
                >
                  ${this.say("action.cancel")}
                </button>`
              : nothing
          }
          ${
            isDone
              ? html`<button class="primary" @click=${() => goTo(addressOf("people", [this.personId]))}>
                    ${this.say("enrol.to_person", { name: person.name })}
                  </button>
                  <button @click=${this.another}>${this.say("enrol.another")}</button>`
              : nothing
          }
        </div>
        ${this.whyNot === undefined ? nothing : html`<p class="error">${this.whyNot}</p>`}
      </section>
      ${isDone ? others(this.home, person, credential, known) : nothing}`;
  }

  // What is done

  private readonly begin = (event: SubmitEvent): void => {
    event.preventDefault();
    const { person, known, personId, home } = this;
    if (!person || !known || home.lost !== undefined) return;
    const terminal = this.terminal(person);
    const kind = this.kind(terminal, known);
    if (!kind) return;
    void this.work.run(async () => {
      if (this.isTyped(kind)) {
        await home.server.perform("update_person", { person_id: personId, [kind]: this.typed.trim() });
        this.typed = "";
        this.isTypedSaved = true;
        return;
      }
      if (!terminal) return;
      const where = { serial: terminal.serial, person_id: personId };
      if (kind === "photo" && !this.photo) return;
      const recording =
        this.photo && kind === "photo"
          ? await home.server.ask<string>("enrol_photo", { ...where, photo: await inBase64(this.photo) })
          : await home.server.ask<string>("enrol", {
              ...where,
              credential: kind,
              index: kind === "fingerprint" ? this.finger(person) : 0,
            });
      this.filter({ terminal: terminal.serial, kind, recording });
    });
  };

  private cancel(terminal: Terminal): void {
    void this.work.run(async () => {
      await this.home.server.ask("enrol_cancel", { serial: terminal.serial });
    });
  }

  private readonly another = (): void => {
    this.isTypedSaved = false;
    this.photo = undefined;
    this.work.forget();
    this.filter({ recording: "", index: "", how: "" });
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-enrol": TimmyEnrol;
  }
}
