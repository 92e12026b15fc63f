import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { doorName, type Machine, type Terminal } from "../overview";
import { addressOf } from "../place";
import { shared } from "../style";
import { View } from "../view";
import { Work } from "../work";
import "./approve_dialog";
import { differencesLink, terminalCards, whereItIs } from "./presence";
import "./reset_dialog";

interface Listed {
  enroll_id: number;
  name: string | null;
}

interface LeftOut extends Listed {
  reason: string;
}

/** What the action `keep_in_step` tells before it does anything. */
interface Preview {
  kept_in_step: boolean;
  group: string | null;
  added: Listed[];
  joined: Listed[];
  same: Listed[];
  missing: Listed[];
  left: LeftOut[];
  unfit: LeftOut[];
}

interface Asked {
  terminal: Terminal;
  what: "keep" | "stop" | "reset" | "replace";
}

/** How are the machines, and which are kept in step with the house. */
@customElement("timmy-terminals")
export class TimmyTerminals extends View {
  static override styles = [
    shared,
    css`
      details {
        border-top: 1px solid var(--timmy-line);
        padding: 8px 0;
      }
      ul {
        margin: 8px 0 0;
        padding-inline-start: 20px;
        max-height: 240px;
        overflow: auto;
      }
    `,
  ];

  @state() private asked: Asked | undefined;
  @state() private preview: Preview | undefined;
  private readonly work = new Work(this, () => this.home.server);

  override render() {
    const only = this.home.overview.terminals.get(this.place.rest[0] ?? "");
    return html`
      <div class="bar"><h2 class="grow">${this.say("terminals.title")}</h2></div>
      ${
        only === undefined ? nothing : html`<p>${this.link(addressOf("terminals"), this.say("terminals.show_all"))}</p>`
      }
      ${terminalCards(
        this.home,
        (it) => this.terminal(it),
        (it) => only === undefined || it === only,
      )}
      ${this.asked ? this.dialog(this.asked) : nothing}
    `;
  }

  private terminal(terminal: Terminal): TemplateResult {
    const { house } = this.home.overview;
    return html`<section class="card" aria-label=${terminal.name}>
      <h3>${terminal.name}</h3>
      <dl class="facts">
        <dt>${this.say("terminals.state")}</dt>
        <dd>${whereItIs(this.home, terminal)}</dd>
        <dt>${this.say("terminals.model")}</dt>
        <dd>${terminal.model ?? this.say("word.unknown")}</dd>
        <dt>${this.say("terminals.doors")}</dt>
        <dd>${terminal.doors.map((door) => door.name ?? doorName(terminal, door)).join(", ")}</dd>
        <dt>${this.say("terminals.people")}</dt>
        <dd>${house.known ? this.step(terminal) : this.say("word.unknown")}</dd>
        ${this.machine(terminal.machine)}
      </dl>
      <div class="actions">
        <button
          ?disabled=${this.whyNot !== undefined || !house.known || (!terminal.kept_in_step && !terminal.online)}
          title=${this.whyNot ?? nothing}
          aria-label="${this.say(terminal.kept_in_step ? "terminals.stop" : "terminals.keep")}: ${terminal.name}"
          @click=${() => void this.ask(terminal)}
        >
          ${this.say(terminal.kept_in_step ? "terminals.stop" : "terminals.keep")}
        </button>
        ${terminal.was_reset ? this.button(terminal, "reset", "terminals.reset_title", house.known) : nothing}
        ${this.home.overview.pending.length ? this.button(terminal, "replace", "terminals.replace", true) : nothing}
        ${this.link(addressOf("log", [], { terminal: terminal.serial }), this.say("log.title"), "button")}
        ${this.link(`/config/devices/device/${terminal.device_id}`, this.say("terminals.device"), "button")}
      </div>
    </section>`;
  }

  private button(terminal: Terminal, what: Asked["what"], text: string, can: boolean): TemplateResult {
    const said = this.say(text, { name: terminal.name });
    return html`<button
      ?disabled=${this.whyNot !== undefined || !can}
      title=${this.whyNot ?? nothing}
      aria-label="${said}: ${terminal.name}"
      @click=${() => (this.asked = { terminal, what })}
    >
      ${said}
    </button>`;
  }

  private machine({ firmware, clock_ahead, unsent, used }: Machine): TemplateResult {
    const { format } = this.home;
    const unknown = this.say("word.unknown");
    return html`<dt>${this.say("terminals.firmware")}</dt>
      <dd>${firmware ?? unknown}</dd>
      <dt>${this.say("terminals.clock")}</dt>
      <dd>${this.clock(clock_ahead)}</dd>
      <dt>${this.say("terminals.unsent")}</dt>
      <dd>${unsent === null ? unknown : format.number(unsent)}</dd>
      <dt>${this.say("terminals.capacity")}</dt>
      <dd>
        ${used.length ? nothing : unknown}
        ${used.map(([what, has, room]) => {
          const told =
            room === null
              ? format.number(has)
              : this.say("terminals.used", { used: format.number(has), of: format.number(room) });
          const isFull = room !== null && has >= room;
          return html`<div class=${isFull ? "error" : ""}>
            ${isFull ? "▲ " : ""}${this.say(`terminals.used_${what}`)}: ${told}
          </div>`;
        })}
      </dd>`;
  }

  private clock(ahead: number | null): TemplateResult {
    if (ahead === null) return html`${this.say("word.unknown")}`;
    if (ahead === 0) return html`${this.say("terminals.clock_right")}`;
    const count = this.home.format.number(Math.abs(ahead));
    return html`<span class="state warn" style="white-space: normal"
      ><span aria-hidden="true">▲</span
      >${this.say(ahead > 0 ? "terminals.clock_ahead" : "terminals.clock_behind", { count })}</span
    >`;
  }

  private dialog({ terminal, what }: Asked): TemplateResult {
    const closed = () => (this.asked = undefined);
    if (what === "keep") return this.keepDialog(terminal);
    if (what === "stop") return this.stopDialog(terminal);
    if (what === "reset")
      return html`<timmy-reset-dialog .home=${this.home} .terminal=${terminal} @closed=${closed}></timmy-reset-dialog>`;
    return html`<timmy-approve-dialog
      .home=${this.home}
      .replaced=${terminal}
      @closed=${closed}
    ></timmy-approve-dialog>`;
  }

  private step(terminal: Terminal): TemplateResult {
    const { format } = this.home;
    if (!terminal.kept_in_step) {
      return html`<span class="state quiet"><span aria-hidden="true">○</span>${this.say("terminals.observed")}</span>`;
    }
    const { waiting, was_reset } = terminal;
    return html`
      <span class="state good"><span aria-hidden="true">●</span>${this.say("terminals.kept")}</span>
      ${waiting ? html`<div>◌ ${this.say("terminals.waiting", { count: format.number(waiting) })}</div>` : nothing}
      ${differencesLink(this.home, terminal)}
      ${was_reset ? html`<div class="error">▲ ${this.say("terminals.was_reset")}</div>` : nothing}
    `;
  }

  private keepDialog(terminal: Terminal): TemplateResult {
    const { preview } = this;
    const { refusal, busy } = this.work;
    return html`<timmy-dialog
      heading=${this.say("terminals.keep_title", { terminal: terminal.name })}
      @closed=${this.close}
    >
      <p>${this.say("terminals.keep_hint")}</p>
      ${preview ? this.previewed(preview, terminal.name) : busy ? this.loading() : nothing}
      ${refusal ? html`<p class="error" role="alert">${refusal.message}</p>` : nothing}
      ${this.whyNot ? html`<p class="error" role="alert">${this.whyNot}</p>` : nothing}
      <button slot="actions" ?disabled=${this.work.busy} @click=${this.close}>${this.say("action.cancel")}</button>
      ${
        preview || busy
          ? html`<button
              slot="actions"
              class="primary"
              ?disabled=${!preview || busy || this.whyNot !== undefined}
              @click=${() => void this.confirm(terminal, true)}
            >
              ${this.say("terminals.keep")}
            </button>`
          : html`<button
              slot="actions"
              class="primary"
              ?disabled=${this.whyNot !== undefined}
              @click=${() => void this.look(terminal)}
            >
              ${this.say("action.try_again")}
            </button>`
      }
    </timmy-dialog>`;
  }

  private previewed(preview: Preview, terminal: string): TemplateResult {
    return html`
      ${preview.group === null ? nothing : html`<p>${this.say("terminals.group", { group: preview.group })}</p>`}
      ${this.listed("added", preview.added)} ${this.listed("joined", preview.joined)}
      ${this.listed("same", preview.same)} ${this.listed("missing", preview.missing)}
      ${this.listed("left", preview.left, (it) => html`: ${this.say(`terminals.left_${it.reason}`)}`)}
      ${this.listed("unfit", preview.unfit, (it) => html`: ${this.home.texts.error(`refused_${it.reason}`, { terminal })}`)}
    `;
  }

  private listed<Who extends Listed>(
    key: string,
    people: readonly Who[],
    more: (who: Who) => TemplateResult | typeof nothing = () => nothing,
  ): TemplateResult | typeof nothing {
    if (people.length === 0) return nothing;
    return html`<details>
      <summary>${this.say(`terminals.${key}`)}: ${this.home.format.number(people.length)}</summary>
      <ul>
        ${people.map((it) => html`<li>${it.name || "–"} <span class="quiet">${it.enroll_id}</span>${more(it)}</li>`)}
      </ul>
    </details>`;
  }

  private stopDialog(terminal: Terminal): TemplateResult {
    const { refusal, busy } = this.work;
    return html`<timmy-dialog
      heading=${this.say("terminals.stop_title", { terminal: terminal.name })}
      light
      @closed=${this.close}
    >
      <p>${this.say("terminals.stop_hint")}</p>
      ${refusal ? html`<p class="error" role="alert">${refusal.message}</p>` : nothing}
      ${this.whyNot ? html`<p class="error" role="alert">${this.whyNot}</p>` : nothing}
      <button slot="actions" ?disabled=${this.work.busy} @click=${this.close}>${this.say("action.cancel")}</button>
      <button
        slot="actions"
        class="primary danger"
        ?disabled=${busy || this.whyNot !== undefined}
        @click=${() => void this.confirm(terminal, false)}
      >
        ${this.say("terminals.stop")}
      </button>
    </timmy-dialog>`;
  }

  private async ask(terminal: Terminal): Promise<void> {
    this.work.forget();
    this.preview = undefined;
    this.asked = { terminal, what: terminal.kept_in_step ? "stop" : "keep" };
    if (this.asked.what === "keep") await this.look(terminal);
  }

  /** Ask what would become of the people of a terminal. */
  private async look(terminal: Terminal): Promise<void> {
    await this.work.run(async () => {
      this.preview = await this.perform(terminal, true, false);
    });
  }

  private async confirm(terminal: Terminal, keep: boolean): Promise<void> {
    const done = await this.work.run(async () => {
      await this.perform(terminal, keep, true);
    });
    if (!done) return;
    this.asked = undefined;
    this.home.tell(this.say(keep ? "terminals.keep_done" : "terminals.stop_done", { terminal: terminal.name }));
  }

  private async perform(terminal: Terminal, enable: boolean, confirm: boolean): Promise<Preview> {
    return await this.home.server.perform<Preview>("keep_in_step", {
      device_id: terminal.device_id,
      enable,
      confirm,
    });
  }

  private readonly close = (): void => {
    if (!this.work.busy) this.asked = undefined;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-terminals": TimmyTerminals;
  }
}
