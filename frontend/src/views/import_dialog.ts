import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Home } from "../home";
import { Refusal } from "../server";
import { shared } from "../style";
import { Work } from "../work";

const COLUMNS = ["name", "number", "card", "pin", "valid_from", "valid_until", "groups", "note"];
/** What one message to Home Assistant holds of a file. */
const MOST_BYTES = 2 * 1024 * 1024;
const SHOWN_NAMES = 10;
const CHUNK = 0x8000;

interface Fault {
  row: number;
  column: string;
  fault: string;
  [placeholder: string]: string | number;
}

interface Told {
  imported: boolean;
  added: { name: string }[];
  changed: { name: string }[];
  unchanged: number;
  faults: Fault[];
}

/** People of a table: first what would become of them, then it is done. Fires `closed`. */
@customElement("timmy-import-dialog")
export class TimmyImportDialog extends LitElement {
  static override styles = [
    shared,
    css`
      ul {
        margin: 0 0 12px;
        padding-inline-start: 20px;
        overflow-wrap: anywhere;
      }
      .told {
        margin: 0 0 4px;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) home!: Home;
  @state() private told: Told | undefined;
  private content = "";
  private readonly work = new Work(this, () => this.home.server);

  override render() {
    const { home, told, work } = this;
    const say = (key: string, values = {}) => home.texts.say(key, values);
    const may = told && told.faults.length === 0 && told.added.length + told.changed.length > 0;
    return html`<timmy-dialog heading=${say("people.import")} @closed=${this.close}>
      <label
        >${say("people.import_file")}<input
          type="file"
          accept=".csv,text/csv,text/plain"
          ?disabled=${work.busy || home.lost !== undefined}
          @change=${this.chosen}
        /><span class="hint">${say("people.import_hint", { columns: COLUMNS.join(", ") })}</span></label
      >
      <div role="status">${told ? this.what(told) : nothing}</div>
      ${work.refusal ? html`<p class="error" role="alert">${work.refusal.message}</p>` : nothing}
      ${home.lost === undefined ? nothing : html`<p class="error" role="alert">${home.lost}</p>`}
      <button slot="actions" ?disabled=${work.busy} @click=${this.close}>${say("action.cancel")}</button>
      <button
        slot="actions"
        class="primary"
        ?disabled=${!may || work.busy || home.lost !== undefined}
        @click=${() => void this.ask(true)}
      >
        ${say("people.import")}
      </button>
    </timmy-dialog>`;
  }

  private what(told: Told): TemplateResult {
    const { format, texts } = this.home;
    if (told.faults.length)
      return html`<p class="error">${texts.say("people.import_faulty")}</p>
        <ul>
          ${told.faults.map((it) => html`<li><b>${texts.say("people.import_place", it)}</b>: ${this.why(it)}</li>`)}
        </ul>`;
    const names = (people: { name: string }[]) => {
      const shown = people.slice(0, SHOWN_NAMES).map((it) => it.name);
      return shown.length ? `– ${shown.join(", ")}${people.length > SHOWN_NAMES ? " …" : ""}` : "";
    };
    return html`<p class="told">
        ${texts.say("people.import_added", { count: format.number(told.added.length) })}
        <span class="quiet">${names(told.added)}</span>
      </p>
      <p class="told">
        ${texts.say("people.import_changed", { count: format.number(told.changed.length) })}
        <span class="quiet">${names(told.changed)}</span>
      </p>
      <p class="told">${texts.say("people.import_same", { count: format.number(told.unchanged) })}</p>`;
  }

  private why({ fault, column, ...values }: Fault): string {
    const { texts } = this.home;
    const filled = Object.fromEntries(Object.entries({ label: column, ...values }).map(([k, v]) => [k, String(v)]));
    return texts.error(`house_${fault}`, filled) || texts.error(fault, filled) || fault;
  }

  private readonly chosen = async (event: Event): Promise<void> => {
    const file = (event.target as HTMLInputElement).files?.[0];
    this.told = undefined;
    if (!file) return;
    if (file.size > MOST_BYTES) {
      const told = this.home.texts.error("value_too_long", { label: file.name });
      await this.work.run(() => Promise.reject(new Refusal(told, "too_long", undefined, undefined)));
      return;
    }
    this.content = base64(new Uint8Array(await file.arrayBuffer()));
    await this.ask(false);
  };

  private async ask(confirm: boolean): Promise<void> {
    const { content, home } = this;
    await this.work.run(async () => {
      this.told = await home.server.ask<Told>("import_people", { content, confirm });
      if (!this.told.imported) return;
      home.tell(
        home.texts.say("people.done", {
          people: home.texts.count("people.count", this.told.added.length + this.told.changed.length),
        }),
      );
      this.dispatchEvent(new CustomEvent("closed"));
    });
  }

  private readonly close = (): void => {
    if (!this.work.busy) this.dispatchEvent(new CustomEvent("closed"));
  };
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-import-dialog": TimmyImportDialog;
  }
}
