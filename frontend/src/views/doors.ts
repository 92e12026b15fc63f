import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { doorName, type Door, type Latest, type Terminal } from "../overview";
import { addressOf } from "../place";
import { Refusal } from "../server";
import { States, type EntityState } from "../states";
import { shared } from "../style";
import { View } from "../view";
import { Work } from "../work";
import "./dashboard_button";
import "./door_mode";
import "./emergency";
import { differencesLink, terminalCards, whereItIs } from "./presence";

interface Shown {
  shape: string;
  text: string;
  className: string;
}

// What a lock says, by shape, text and colour.
const STATES: Readonly<Record<string, Shown>> = {
  locked: { shape: "●", text: "doors.locked", className: "good" },
  open: { shape: "○", text: "doors.open", className: "warn" },
  opening: { shape: "◌", text: "doors.open", className: "warn" },
  unlocked: { shape: "○", text: "doors.unlocked", className: "warn" },
};
const NOT_KNOWN: Shown = { shape: "?", text: "word.unknown", className: "quiet" };

interface Asked {
  serial: string;
  lock: string;
  name: string;
}

/** What is each door like, who was last where, and open one. */
@customElement("timmy-doors")
export class TimmyDoors extends View {
  static override styles = [
    shared,
    css`
      .door {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 12px;
        padding: 8px 0;
        border-top: 1px solid var(--timmy-line);
      }
      .door .name {
        flex: 1 1 80px;
        min-width: 0;
      }
      .door .name + .name {
        flex: none;
      }
      p {
        margin: 0 0 8px;
      }
      ul {
        margin: 8px 0;
        padding-inline-start: 20px;
      }
      .latest {
        margin: 8px 0 0;
      }
    `,
  ];

  @state() private asked: Asked | undefined;
  private readonly work = new Work(this, () => this.home.server);
  private readonly calming = new Work(this, () => this.home.server);
  private readonly states = new States(
    this,
    () => this.home.hass.connection,
    () =>
      [...this.home.overview.terminals.values()].flatMap(({ doors, entities: { alarm, door, door_mode, tamper } }) =>
        [...doors.map(({ lock }) => lock), alarm, door, door_mode, tamper].flatMap((it) => it ?? []),
      ),
  );

  override render() {
    return html`
      <div class="bar">
        <h2 class="grow">${this.say("doors.title")}</h2>
        ${
          this.home.overview.terminals.size === 0
            ? nothing
            : html`<timmy-dashboard-button .home=${this.home}></timmy-dashboard-button>`
        }
      </div>
      ${this.emergency()} ${terminalCards(this.home, (it) => this.terminal(it))}
      ${this.asked ? this.dialog(this.asked) : nothing}
    `;
  }

  private emergency(): TemplateResult | typeof nothing {
    const { house, terminals } = this.home.overview;
    if (terminals.size === 0 && house.emergencies.length === 0) return nothing;
    const locks = [...terminals.values()].flatMap(({ doors }) => doors.map(({ lock }) => lock));
    return html`<timmy-emergency
      .home=${this.home}
      .asksCode=${locks.some((it) => this.asksCode(it))}
    ></timmy-emergency>`;
  }

  private terminal(terminal: Terminal): TemplateResult {
    return html`<section class="card" aria-label=${terminal.name}>
      <h3>${terminal.name}</h3>
      ${terminal.online ? nothing : html`<p>${whereItIs(this.home, terminal)}</p>`} ${this.alarms(terminal)}
      ${terminal.doors.map((door) => this.door(terminal, door))} ${this.contact(terminal)} ${this.mode(terminal)}
      ${terminal.latest ? this.latest(terminal.latest) : nothing} ${differencesLink(this.home, terminal)}
      <p class="latest">${this.link(addressOf("log", [], { terminal: terminal.serial }), this.say("log.title"))}</p>
    </section>`;
  }

  private door(terminal: Terminal, door: Door): TemplateResult {
    const lock = this.states.of(door.lock);
    const { shape, text, className } = STATES[lock?.state ?? ""] ?? NOT_KNOWN;
    const name = doorName(terminal, door);
    return html`<div class="door">
      ${door.name === null ? nothing : html`<span class="name">${door.name}</span>`}
      <span class="name state ${className}"><span aria-hidden="true">${shape}</span>${this.say(text)}</span>
      <button
        aria-label=${this.say("doors.open_it", { door: name })}
        ?disabled=${!this.canOpen(terminal.serial, lock)}
        title=${this.whyNot ?? nothing}
        @click=${() => this.ask(terminal.serial, door.lock, name)}
      >
        ${this.say("doors.open_door")}
      </button>
    </div>`;
  }

  /** What somebody has to look after at once. */
  private alarms({ name, entities }: Terminal): TemplateResult | typeof nothing {
    const raised = (["alarm", "tamper"] as const).filter((it) => this.states.of(entities[it])?.state === "on");
    if (raised.length === 0) return nothing;
    const cancel = entities.cancel_alarm;
    return html`<div class="door" role="alert">
      <span class="name state bad"
        ><span aria-hidden="true">▲</span>${raised.map((it) => this.say(`doors.${it}`)).join(", ")}</span
      >
      ${
        cancel === null
          ? nothing
          : html`<button
              class="danger"
              ?disabled=${this.calming.busy || this.whyNot !== undefined}
              title=${this.whyNot ?? nothing}
              @click=${() => void this.calm(name, cancel)}
            >
              ${this.say("doors.cancel_alarm")}<span class="hidden">: ${name}</span>
            </button>`
      }
      ${this.calming.refusal ? html`<p class="error">${this.calming.refusal.message}</p>` : nothing}
    </div>`;
  }

  /** Whether the door stands open, where its contact has said so. */
  private contact({ entities }: Terminal): TemplateResult | typeof nothing {
    const said = this.states.of(entities.door)?.state;
    if (said !== "on" && said !== "off") return nothing;
    return html`<p>
      <span class="quiet">${this.say("doors.contact")}</span>
      <span class="state ${said === "on" ? "warn" : ""}"
        >${this.say(said === "on" ? "doors.contact_open" : "doors.contact_closed")}</span
      >
    </p>`;
  }

  private mode(terminal: Terminal): TemplateResult | typeof nothing {
    const entity = terminal.entities.door_mode;
    const mode = this.states.of(entity);
    if (entity === null || mode === undefined) return nothing;
    return html`<timmy-door-mode
      .home=${this.home}
      .entity=${entity}
      .mode=${mode}
      .terminal=${terminal}
      .asksCode=${terminal.doors.some(({ lock }) => this.asksCode(lock))}
    ></timmy-door-mode>`;
  }

  private async calm(terminal: string, entity_id: string): Promise<void> {
    const done = await this.calming.run(async () => {
      await this.home.hass.callService("button", "press", {}, { entity_id }, false);
    });
    if (done) this.home.tell(this.say("doors.alarm_cancelled", { terminal }));
  }

  private latest({ person, method, occurred_at }: Latest): TemplateResult {
    const { format, hass } = this.home;
    const today = format.isoDay(occurred_at) === format.isoDay(new Date());
    const how = hass.localize(`component.timmy_access.entity.event.access.state_attributes.event_type.state.${method}`);
    return html`<p class="latest">
      <span class="quiet">${this.say("doors.latest")}</span> <strong>${person}</strong>
      <time datetime=${occurred_at}>${today ? format.time(occurred_at) : format.moment(occurred_at)}</time>
      ${how ? html`<span class="quiet">· ${how}</span>` : nothing}
    </p>`;
  }

  private dialog({ serial, lock, name }: Asked): TemplateResult {
    const { refusal, busy } = this.work;
    const known = this.states.of(lock);
    const asksCode = this.asksCode(lock);
    return html`<timmy-dialog heading=${this.say("doors.ask", { door: name })} light @closed=${this.close}>
      <form id="open" @submit=${this.open}>
        <p>${this.say("doors.ask_hint")}</p>
        ${
          asksCode
            ? html`<label
                >${this.say("doors.code")}
                <input name="code" type="password" inputmode="numeric" autocomplete="off" maxlength="10"
              /></label>`
            : nothing
        }
        ${refusal ? html`<p class="error" role="alert">${refusal.message}</p>` : nothing} ${this.whyNotOpen(serial)}
      </form>
      <button slot="actions" ?disabled=${busy} @click=${this.close}>${this.say("action.cancel")}</button>
      <button slot="actions" class="primary" form="open" ?disabled=${busy || !this.canOpen(serial, known)}>
        ${this.say("doors.open_door")}
      </button>
    </timmy-dialog>`;
  }

  private asksCode(lock: string | null): boolean {
    return Boolean(this.states.of(lock)?.attributes["code_format"]);
  }

  private whyNotOpen(serial: string): TemplateResult | typeof nothing {
    if (this.whyNot !== undefined) return html`<p class="error" role="alert">${this.whyNot}</p>`;
    const terminal = this.home.overview.terminals.get(serial);
    return terminal && !terminal.online ? html`<p role="alert">${whereItIs(this.home, terminal)}</p>` : nothing;
  }

  private canOpen(serial: string, lock: EntityState | undefined): boolean {
    const isHere = this.home.overview.terminals.get(serial)?.online === true;
    return this.home.lost === undefined && isHere && lock !== undefined && lock.state !== "unavailable";
  }

  private ask(serial: string, lock: string | null, name: string): void {
    if (lock === null) return;
    this.work.forget();
    this.asked = { serial, lock, name };
  }

  private readonly close = (): void => {
    if (!this.work.busy) this.asked = undefined;
  };

  /** Ask Home Assistant once; what came of it is told, and nothing is tried again. */
  private readonly open = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const { asked } = this;
    if (!asked || this.work.busy || !this.canOpen(asked.serial, this.states.of(asked.lock))) return;
    const code = new FormData(event.target as HTMLFormElement).get("code");
    const opened = await this.work.run(async () => {
      try {
        await this.home.hass.callService("lock", "open", code ? { code } : {}, { entity_id: asked.lock }, false);
      } catch (err) {
        const refusal = this.home.server.refusal(err);
        if (refusal.code !== "connection") throw refusal;
        // It may have been heard.
        throw new Refusal(this.say("doors.not_sure"), refusal.code, undefined, undefined);
      }
    });
    if (opened) {
      this.asked = undefined;
      this.home.tell(this.say("doors.opened", { door: asked.name }));
    }
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-doors": TimmyDoors;
  }
}
