import { html, type TemplateResult } from "lit";

import { isAbsence, momentOf, type LogRow } from "../absences";
import "../elements/absence";
import "../elements/record";
import type { Home } from "../home";
import { addressOf, type Place } from "../place";

/** A row of the log, with its day where that is another than `above`. */
export function logRow(home: Home, place: Place, row: LogRow, above: LogRow | undefined): TemplateResult {
  const { format } = home;
  const now = Date.now();
  const moment = new Date(momentOf(row, now));
  const isFirst = above === undefined || format.isoDay(new Date(momentOf(above, now))) !== format.isoDay(moment);
  const day = isFirst ? format.date(moment) : "";
  if (isAbsence(row)) return html`<timmy-absence .home=${home} .absence=${row} .day=${day}></timmy-absence>`;
  const query = { ...place.query, person: String(row.enroll_id ?? "") };
  return html`<timmy-record
    .home=${home}
    .record=${row}
    .address=${addressOf("log", [], query)}
    .day=${day}
  ></timmy-record>`;
}
