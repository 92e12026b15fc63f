import { html, type TemplateResult } from "lit";

import { parts } from "../credentials";
import { whyNotKind, type Enrolment, type Recording } from "../enrolment";
import type { Home } from "../home";
import type { Terminal } from "../overview";
import { STANDINGS, terminalName, type Person } from "../people";
import { state as shape } from "./person_row";

const SHAPES: Readonly<Record<Recording["step"], readonly [sign: string, tone: string]>> = {
  preparing: ["◷", "warn"],
  asked: ["◷", "warn"],
  saving: ["↻", "warn"],
  done: ["✓", "good"],
  cancelled: ["−", ""],
  failed: ["✕", "bad"],
};

/** How far a recording is, in words for who stands at the terminal. */
export function told(home: Home, person: Person, terminal: Terminal | undefined, recording: Recording): TemplateResult {
  const [sign, tone] = SHAPES[recording.step];
  const [kind] = parts(recording.credential);
  const step = recording.step === "asked" ? `asked_${kind}` : recording.step;
  const words =
    recording.step === "failed"
      ? home.texts.error(recording.key ?? "panel_unexpected", recording.placeholders)
      : home.texts.say(`enrol.step_${step}`, { name: person.name, terminal: terminal?.name ?? "" });
  return html`<p class="now">${shape(sign, tone, words)}</p>`;
}

/** Where else something that was recorded is by now, or will be. */
export function others(home: Home, person: Person, credential: string, known: Enrolment): TemplateResult {
  const say = (key: string) => home.texts.say(key);
  const [kind, index] = parts(credential);
  const held = person.credentials.find((it) => {
    const [word, other] = parts(it.kind);
    return word === kind && (other ?? 0) === (index ?? 0);
  });
  const one = ([serial, [standing]]: [string, Person["placements"][string]]) => {
    const why = whyNotKind(home, known.takes[serial]?.[kind]);
    // What the house has just been told of is on its way, also where it was in step before.
    const present = standing === "in_step" ? "writing" : standing;
    const [[sign, tone], words] = held?.terminals.includes(serial)
      ? [STANDINGS.in_step, say("enrol.has_it")]
      : why === undefined
        ? [STANDINGS[present], say(`people.${present}`)]
        : [STANDINGS.observed, why];
    return html`<li>
      <div>${terminalName(home, serial)}</div>
      ${shape(sign, tone, words)}
    </li>`;
  };
  return html`<section class="card">
    <h3>${say("enrol.others")}</h3>
    <ul>
      ${Object.entries(person.placements).map(one)}
    </ul>
    <p class="hint">${say("enrol.others_hint")}</p>
  </section>`;
}
