import { LitElement, css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Home } from "../home";
import { STANDINGS, VALIDITIES, inWords, standingsOf, terminalName, validityOf, type Person } from "../people";
import { addressOf } from "../place";
import { shared } from "../style";
import { follow } from "../view";

/** Somebody in the list: name, groups, whether they may pass, and how they stand on the terminals. */
@customElement("timmy-person-row")
export class TimmyPersonRow extends LitElement {
  static override styles = [
    shared,
    css`
      a {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 16px;
        align-items: baseline;
        padding: 10px 12px;
        min-height: 56px;
        color: var(--timmy-text);
        text-decoration: none;
        background: var(--timmy-card);
        border-bottom: 1px solid var(--timmy-line);
      }
      a:focus-visible {
        outline-offset: -3px;
      }
      .who {
        flex: 1 1 240px;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .name {
        font-weight: 500;
      }
      .how {
        flex: 0 1 auto;
        display: flex;
        flex-wrap: wrap;
        gap: 2px 12px;
      }
      .state {
        white-space: normal;
      }
      .picking {
        display: grid;
        grid-template-columns: 48px minmax(0, 1fr);
        background: var(--timmy-card);
      }
      .picking > label {
        display: grid;
        place-items: center;
        margin: 0;
        border-bottom: 1px solid var(--timmy-line);
      }
      .matrix {
        display: grid;
        grid-template-columns: minmax(160px, 2fr) repeat(var(--timmy-columns, 1), minmax(0, 1fr));
        gap: 4px 12px;
        align-items: center;
      }
      .cell {
        min-width: 0;
        overflow-wrap: anywhere;
        align-items: baseline;
        font-size: 13px;
      }
    `,
  ];

  @property({ attribute: false }) home!: Home;
  @property({ attribute: false }) personId = "";
  @property({ attribute: false }) person!: Person;
  /** The page where it leads. */
  @property() view = "people";
  @property({ attribute: false }) groups: ReadonlyMap<string, string> = new Map();
  /** The terminals that have a column; without, those where there is something to tell are named. */
  @property({ attribute: false }) columns: readonly string[] = [];
  /** Whether they are among several that are picked, with a box for it, which fires `picked`; undefined without. */
  @property({ attribute: false }) picked: boolean | undefined;

  override render() {
    if (this.picked === undefined) return this.content();
    return html`<div class="picking">
      <label
        ><span class="hidden">${this.person.name}</span
        ><input type="checkbox" .checked=${this.picked} @change=${() => this.dispatchEvent(new CustomEvent("picked"))}
      /></label>
      ${this.content()}
    </div>`;
  }

  private content(): TemplateResult {
    const { home, person } = this;
    const groups = person.groups.map((it) => this.groups.get(it) ?? "").filter(Boolean);
    if (this.columns.length) return this.matrix(groups);
    return html`<a href=${addressOf(this.view, [this.personId])} @click=${follow}>
      <span class="who">
        <bdi class="name">${person.name}</bdi>
        <span class="quiet"> ${groups.length ? inWords(home, groups) : home.texts.say("people.no_groups")}</span>
      </span>
      <span class="how">${this.validity()} ${this.standings()}</span>
    </a>`;
  }

  /** One cell for each terminal; who listens is told which. */
  private matrix(groups: readonly string[]): TemplateResult {
    const { columns, home, person } = this;
    return html`<a
      class="matrix"
      style="--timmy-columns:${columns.length + 1}"
      href=${addressOf(this.view, [this.personId])}
      @click=${follow}
    >
      <span class="who">
        <bdi class="name">${person.name}</bdi>
        <span class="quiet"> ${groups.length ? inWords(home, groups) : home.texts.say("people.no_groups")}</span>
      </span>
      <span class="cell">${this.validity()}</span>
      ${columns.map((serial) => {
        const placed = person.placements[serial];
        const name = html`<span class="hidden">${terminalName(home, serial)}: </span>`;
        if (!placed)
          return html`<span class="cell quiet"
            >${name}<span aria-hidden="true">–</span
            ><span class="hidden">${home.texts.say("people.no_door")}</span></span
          >`;
        const [shape, tone] = STANDINGS[placed[0]];
        return html`<span class="cell">${name}${state(shape, tone, home.texts.say(`people.${placed[0]}`))}</span>`;
      })}
    </a>`;
  }

  private validity(): TemplateResult {
    const validity = validityOf(this.person, Date.now());
    const [shape, tone] = VALIDITIES[validity];
    return state(shape, tone, this.home.texts.say(`people.${validity}`));
  }

  private standings(): TemplateResult[] {
    const { home, person } = this;
    return standingsOf(person).map(([standing, serials]) => {
      const [shape, tone] = STANDINGS[standing];
      const names = serials.map((it) => terminalName(home, it));
      return state(shape, tone, `${home.texts.say(`people.${standing}`)}: ${inWords(home, names)}`);
    });
  }
}

/** How something is, by a shape and in words. */
export function state(shape: string, tone: string, words: string): TemplateResult {
  return html`<span class="state ${tone}"><span aria-hidden="true">${shape}</span>${words}</span>`;
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-person-row": TimmyPersonRow;
  }
}
