import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Home } from "../home";
import { doorName, type Emergency } from "../overview";
import { Refusal } from "../server";
import { shared } from "../style";
import { Work } from "../work";

type Kind = Emergency["kind"];
type Step = Kind | "normal";

const KINDS: readonly Kind[] = ["lockdown", "evacuation"];
// Why a door has not confirmed, as far as there are words of ours for it; anything else is a refusal.
const REASONS = ["closed_again", "in_doubt", "no_answer", "offline", "several_doors"];

interface Ordered {
  doors: { confirmed: boolean }[];
  written: boolean;
}

/** A lockdown or an evacuation: begin it, see which doors have confirmed it, end it. Each step asks once. */
@customElement("timmy-emergency")
export class TimmyEmergency extends LitElement {
  static override styles = [
    shared,
    css`
      section {
        margin-bottom: 16px;
        border-inline-start: 4px solid var(--timmy-danger);
      }
      ul {
        list-style: none;
        margin: 0 0 8px;
        padding: 0;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        gap: 0 12px;
        padding: 2px 0;
      }
      li .name {
        flex: 1 1 140px;
        min-width: 0;
      }
      li .state {
        white-space: normal;
      }
      p {
        margin: 0 0 8px;
      }
      .actions {
        margin: 0 0 16px;
      }
    `,
  ];

  @property({ attribute: false }) home!: Home;
  /** Whether a door opens only with its code. */
  @property({ type: Boolean }) asksCode = false;
  @state() private asked: Step | undefined;
  private readonly work = new Work(this, () => this.home.server);

  override render() {
    const { emergencies } = this.home.overview.house;
    const ordered = new Set(emergencies.map(({ kind }) => kind));
    return html`${emergencies.map((it) => this.banner(it))}
      <div class="actions">
        ${KINDS.filter((it) => !ordered.has(it)).map(
          (it) =>
            html`<button
              class="danger"
              ?disabled=${this.why !== undefined}
              title=${this.why ?? nothing}
              @click=${() => this.ask(it)}
            >
              ${this.say(`begin_${it}`)}
            </button>`,
        )}
      </div>
      ${this.asked ? this.dialog(this.asked) : nothing}`;
  }

  private banner({ kind, since, asked_by, doors }: Emergency): TemplateResult {
    const { format } = this.home;
    const time = format.moment(since);
    const open = doors.filter(({ confirmed }) => !confirmed);
    return html`<section class="card" role="alert" aria-label=${this.say(kind)}>
      <h3 class="state bad"><span aria-hidden="true">▲</span>${this.say(kind)}</h3>
      <p>${asked_by === null ? this.say("since", { time }) : this.say("since_by", { time, user: asked_by })}</p>
      <p>
        ${
          open.length === 0
            ? this.say("all_confirmed")
            : this.say("confirmed_of", {
                confirmed: format.number(doors.length - open.length),
                count: format.number(doors.length),
              })
        }
      </p>
      <ul>
        ${[...open, ...doors.filter(({ confirmed }) => confirmed)].map(
          (it) =>
            html`<li>
              <span class="name">${this.nameOf(it)}</span>
              <span class="state ${it.confirmed ? "good" : "bad"}"
                ><span aria-hidden="true">${it.confirmed ? "●" : "▲"}</span>${
                  it.confirmed ? this.say("confirmed") : this.say("unconfirmed", { reason: this.reason(it.reason) })
                }</span
              >
            </li>`,
        )}
      </ul>
      <button ?disabled=${this.why !== undefined} title=${this.why ?? nothing} @click=${() => this.ask("normal")}>
        ${this.say("end")}<span class="hidden">: ${this.say(kind)}</span>
      </button>
    </section>`;
  }

  private dialog(asked: Step): TemplateResult {
    const { home, work } = this;
    return html`<timmy-dialog heading=${this.say(`${asked}_ask`)} light @closed=${this.close}>
      <form id="order" @submit=${this.order}>
        <p>${this.say(`${asked}_hint`)}</p>
        <p>${this.doors(asked).join(", ")}</p>
        ${
          this.asksCode && asked === "evacuation"
            ? html`<label
                >${home.texts.say("doors.code")}
                <input name="code" type="password" inputmode="numeric" autocomplete="off" maxlength="10"
              /></label>`
            : nothing
        }
        ${work.refusal ? html`<p class="error" role="alert">${work.refusal.message}</p>` : nothing}
        ${home.lost === undefined ? nothing : html`<p class="error" role="alert">${home.lost}</p>`}
      </form>
      <button slot="actions" ?disabled=${work.busy} @click=${this.close}>${home.texts.say("action.cancel")}</button>
      <button
        slot="actions"
        class="primary ${asked === "normal" ? "" : "danger"}"
        form="order"
        ?disabled=${work.busy || home.lost !== undefined}
      >
        ${asked === "normal" ? this.say("end") : this.say(`begin_${asked}`)}
      </button>
    </timmy-dialog>`;
  }

  /** The names of the doors that a step is about: all of them, or those for which something is ordered. */
  private doors(asked: Step): string[] {
    const { house, terminals } = this.home.overview;
    if (asked === "normal") return [...new Set(house.emergencies.flatMap(({ doors }) => doors.map(this.nameOf)))];
    return [...terminals.values()].flatMap((terminal) => terminal.doors.map((door) => doorName(terminal, door)));
  }

  private readonly nameOf = ({ serial, door, name }: Emergency["doors"][number]): string => {
    const terminal = this.home.overview.terminals.get(serial);
    const known = terminal?.doors.find(({ number }) => number === door);
    return terminal && known ? doorName(terminal, known) : name;
  };

  private reason(reason: string | null): string {
    return this.say(`reason_${REASONS.find((it) => it === reason) ?? "refused"}`);
  }

  private say(key: string, values: Record<string, string | number> = {}): string {
    return this.home.texts.say(`emergency.${key}`, values);
  }

  private get why(): string | undefined {
    return this.home.lost;
  }

  private ask(asked: Step): void {
    this.work.forget();
    this.asked = asked;
  }

  private readonly close = (): void => {
    if (!this.work.busy) this.asked = undefined;
  };

  /** Order it once; what came of it is told, and nothing is tried again. */
  private readonly order = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const { asked, home, work } = this;
    if (asked === undefined || work.busy || home.lost !== undefined) return;
    const code = new FormData(event.target as HTMLFormElement).get("code");
    let ordered: Ordered | undefined;
    const done = await work.run(async () => {
      try {
        ordered = await home.server.perform<Ordered>("emergency", { state: asked, ...(code ? { code } : {}) });
      } catch (err) {
        const refusal = home.server.refusal(err);
        if (refusal.code !== "connection") throw refusal;
        // It may have been heard.
        throw new Refusal(this.say("not_sure"), refusal.code, undefined, undefined);
      }
    });
    if (!done || !ordered) return;
    this.asked = undefined;
    const { doors } = ordered;
    const confirmed = home.format.number(doors.filter((it) => it.confirmed).length);
    const told = this.say("confirmed_of", { confirmed, count: home.format.number(doors.length) });
    home.tell(`${this.say(asked === "normal" ? "ended" : asked)}: ${told}`);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-emergency": TimmyEmergency;
  }
}
