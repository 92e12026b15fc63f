import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import {
  differencesWith,
  grouped,
  listed,
  mayBeKept,
  needsGroup,
  whoIs,
  type Choice,
  type Difference,
  type Differences,
} from "../differences";
import { Followed, replaced } from "../followed";
import { inWords, terminalName, type Group, type Groups } from "../people";
import { addressOf } from "../place";
import { shared } from "../style";
import { View } from "../view";
import { Work } from "../work";
import "./difference_row";

/** So many are named before something is done to all of them. */
const NAMED = 10;

interface Asked {
  choice: Exclude<Choice, "leave">;
  /** What was shown: it is settled as it is here, or not at all. */
  differences: readonly Difference[];
}

/** Where terminals and the house disagree, and whose word holds. */
@customElement("timmy-differences")
export class TimmyDifferences extends View {
  static override styles = [
    shared,
    css`
      timmy-list {
        height: max(360px, calc(100dvh - 300px));
      }
      .bar {
        align-items: end;
      }
      .bar label {
        flex: 1 1 150px;
        margin: 0;
      }
      ul {
        padding-inline-start: 20px;
      }
      li {
        margin-bottom: 8px;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @state() private asked: Asked | undefined;
  @state() private chosen: ReadonlySet<string> = new Set();
  private readonly work = new Work(this, () => this.home.server);
  private readonly differences = new Followed(this, "differences", differencesWith);
  private readonly groups = new Followed<Groups>(this, "groups", replaced);

  override render() {
    const { away, value } = this.differences;
    return html`
      <div class="bar"><h2 class="grow">${this.say("differences.title")}</h2></div>
      ${this.refusedWith(away)} ${value ? this.content(value) : away ? nothing : this.loading()}
      ${this.asked ? this.dialog(this.asked) : nothing}
    `;
  }

  private content(value: Differences): TemplateResult {
    const { terminal = "" } = this.place.query;
    const shown = listed(value, terminal);
    const open = shown.filter((it) => !it.left && it.kind !== "was_reset");
    const kept = open.filter(mayBeKept);
    const no = this.work.busy || this.whyNot !== undefined || !value.whole || open.length === 0;
    const { refusal } = this.work;
    return html`
      ${
        value.byMark.size === 0
          ? nothing
          : html`<div class="bar">
              ${this.terminals(terminal)}
              <button ?disabled=${no || kept.length === 0} @click=${() => this.ask("take_over", kept)}>
                ${this.say("differences.keep_all")}
              </button>
              <button ?disabled=${no} @click=${() => this.ask("put_back", open)}>
                ${this.say("differences.put_back_all")}
              </button>
            </div>`
      }
      ${refusal && !this.asked ? html`<p class="error" role="alert">${refusal.message}</p>` : nothing}
      ${shown.length === 0 ? this.empty() : this.list(shown)} ${this.observed()}
    `;
  }

  private terminals(chosen: string): TemplateResult {
    return html`<label
      >${this.say("log.terminal")}<select
        @change=${(event: Event) => this.filter({ terminal: (event.target as HTMLSelectElement).value })}
      >
        <option value="">${this.say("word.all")}</option>
        ${[...this.home.overview.terminals.values()].map(
          (it) => html`<option value=${it.serial} .selected=${it.serial === chosen}>${it.name}</option>`,
        )}
      </select></label
    >`;
  }

  private list(shown: Difference[]): TemplateResult {
    return html`<p class="quiet" role="status">${this.home.texts.count("differences.count", shown.length)}</p>
      <timmy-list
        label=${this.say("differences.title")}
        .items=${shown}
        .key=${(it: Difference) => it.mark}
        .row=${(it: Difference) =>
          html`<timmy-difference
            .home=${this.home}
            .difference=${it}
            .busy=${this.work.busy}
            @settle=${(event: CustomEvent<Choice>) => this.choose(event.detail, it)}
          ></timmy-difference>`}
      ></timmy-list>`;
  }

  private empty(): TemplateResult {
    const isCompared = [...this.home.overview.terminals.values()].some((it) => it.kept_in_step);
    return html`<div class="empty" role="status">
      <p>${this.say(isCompared ? "differences.empty" : "differences.none_compared")}</p>
      ${isCompared ? nothing : html`<p>${this.link(addressOf("terminals"), this.say("terminals.title"))}</p>`}
    </div>`;
  }

  /** Which terminals say nothing here, because nobody compares them. */
  private observed(): TemplateResult | typeof nothing {
    const terminals = [...this.home.overview.terminals.values()];
    const observed = terminals.filter((it) => !it.kept_in_step).map((it) => it.name);
    if (observed.length === 0 || observed.length === terminals.length) return nothing;
    return html`<p class="quiet">${this.say("differences.observed", { terminals: inWords(this.home, observed) })}</p>`;
  }

  private dialog({ choice, differences }: Asked): TemplateResult {
    const { refusal, busy } = this.work;
    const [only] = differences.length === 1 ? differences : [];
    const text = choice === "take_over" ? "keep" : "put_back";
    const heading = only
      ? this.say(`differences.${text}_ask`, { name: whoIs(only), terminal: terminalName(this.home, only.serial) })
      : this.home.texts.count(`differences.${text}_ask_all`, differences.length);
    const newcomers = choice === "take_over" ? differences.filter(needsGroup) : [];
    return html`<timmy-dialog heading=${heading} @closed=${this.close}>
      <ul>
        ${[...grouped(differences, (it) => it.kind)].map(
          ([kind, them]) =>
            html`<li>
              <strong>${this.say(`person.why_${kind}`)}: ${this.home.format.number(them.length)}</strong>
              <div>${this.names(them)}</div>
              <div>${this.say(`differences.${text}_${kind}`)}</div>
            </li>`,
        )}
      </ul>
      ${newcomers.length ? this.groupsFor(newcomers) : nothing}
      ${refusal ? html`<p class="error" role="alert">${refusal.message}</p>` : nothing}
      ${this.whyNot ? html`<p class="error" role="alert">${this.whyNot}</p>` : nothing}
      <button slot="actions" ?disabled=${busy} @click=${this.close}>${this.say("action.cancel")}</button>
      <button
        slot="actions"
        class="primary"
        ?disabled=${busy || this.whyNot !== undefined || (newcomers.length > 0 && this.chosen.size === 0)}
        @click=${() => void this.confirm()}
      >
        ${this.say(`differences.${text}`)}
      </button>
    </timmy-dialog>`;
  }

  private names(differences: readonly Difference[]): string {
    const names = differences
      .slice(0, NAMED)
      .map((it) => `${whoIs(it)} (${terminalName(this.home, it.serial)})`)
      .join(", ");
    const more = differences.length - NAMED;
    return more > 0 ? `${names} ${this.say("differences.more", { count: this.home.format.number(more) })}` : names;
  }

  private groupsFor(newcomers: readonly Difference[]): TemplateResult {
    const groups = this.groupsOf(newcomers);
    if (groups.length === 0) return html`<p class="error">${this.say("differences.no_group")}</p>`;
    return html`<fieldset>
      <legend>${this.say("differences.groups")}</legend>
      ${groups.map(
        (it) =>
          html`<label class="check"
            ><input
              type="checkbox"
              .checked=${this.chosen.has(it.name)}
              @change=${(event: Event) => this.join(it.name, (event.target as HTMLInputElement).checked)}
            />${it.name}</label
          >`,
      )}
    </fieldset>`;
  }

  /** The groups that have a door of each terminal somebody is on. */
  private groupsOf(newcomers: readonly Difference[]): Group[] {
    const serials = [...new Set(newcomers.map((it) => it.serial))];
    return (this.groups.value?.groups ?? []).filter((group) =>
      serials.every((serial) => group.rules.some((rule) => (rule.doors[serial] ?? []).length > 0)),
    );
  }

  private join(name: string, chosen: boolean): void {
    const names = new Set(this.chosen);
    if (chosen) names.add(name);
    else names.delete(name);
    this.chosen = names;
  }

  private choose(choice: Choice, difference: Difference): void {
    if (choice === "leave") {
      void this.work.run(() => this.settle([difference], choice, []));
    } else {
      this.ask(choice, [difference]);
    }
  }

  private ask(choice: Asked["choice"], differences: readonly Difference[]): void {
    this.work.forget();
    this.chosen = new Set();
    this.asked = { choice, differences };
  }

  private async confirm(): Promise<void> {
    const { asked } = this;
    if (!asked) return;
    const { choice, differences } = asked;
    const groups = choice === "take_over" && differences.some(needsGroup) ? [...this.chosen] : [];
    if (!(await this.work.run(() => this.settle(differences, choice, groups)))) return;
    this.asked = undefined;
    this.home.tell(this.home.texts.count("differences.settled", differences.length));
  }

  /** Have one word hold, one terminal after the other; what is another by now than what was shown is refused. */
  private async settle(differences: readonly Difference[], choice: Choice, groups: string[]): Promise<void> {
    for (const [serial, them] of grouped(differences, (it) => it.serial)) {
      await this.home.server.perform("settle_difference", {
        device_id: this.home.overview.terminals.get(serial)?.device_id ?? "",
        choice,
        mark: them.map((it) => it.mark),
        ...(groups.length ? { groups } : {}),
      });
    }
  }

  private readonly close = (): void => {
    if (this.work.busy) return;
    this.work.forget();
    this.asked = undefined;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-differences": TimmyDifferences;
  }
}
