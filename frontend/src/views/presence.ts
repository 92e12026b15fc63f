import { html, nothing, type TemplateResult } from "lit";

import type { Home } from "../home";
import type { Terminal } from "../overview";
import { addressOf } from "../place";
import { follow } from "../view";
import "./waiting";

/** Whether a terminal is here, by shape and text. */
export function whereItIs({ texts, format }: Home, terminal: Terminal): TemplateResult {
  if (terminal.online) {
    return html`<span class="state good"><span aria-hidden="true">●</span>${texts.say("terminals.here")}</span>`;
  }
  const said =
    terminal.last_seen === null
      ? texts.say("terminals.away")
      : texts.say("terminals.away_since", { time: format.moment(terminal.last_seen) });
  return html`<span class="state bad" style="white-space: normal"><span aria-hidden="true">▲</span>${said}</span>`;
}

/** Where a terminal and the house say different things, with a link to what they say. */
export function differencesLink({ texts, format }: Home, terminal: Terminal): TemplateResult | typeof nothing {
  if (terminal.differences === 0 || terminal.was_reset) return nothing;
  return html`<div>
    <a href=${addressOf("differences", [], { terminal: terminal.serial })} @click=${follow}
      ><span aria-hidden="true">≠</span>
      ${texts.say("terminals.differences", { count: format.number(terminal.differences) })}</a
    >
  </div>`;
}

/** Who waits for approval, and a card for each terminal; where there is none, what to do first. */
export function terminalCards(
  home: Home,
  card: (terminal: Terminal) => TemplateResult,
  shown: (terminal: Terminal) => boolean = () => true,
): TemplateResult {
  const { texts, overview } = home;
  return html`<timmy-waiting .home=${home}></timmy-waiting> ${
      overview.terminals.size === 0
        ? html`<div class="empty">
            <p>${texts.say("terminals.nobody")}</p>
            <p>${texts.say("terminals.first")}</p>
          </div>`
        : html`<div class="cards">${[...overview.terminals.values()].filter(shown).map(card)}</div>`
    }`;
}
