import { html } from "lit";
import { customElement } from "lit/decorators.js";

import { View } from "../view";

@customElement("timmy-log")
export class TimmyLog extends View {
  override render() {
    return html`<h2>${this.say("log.title")}</h2>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-log": TimmyLog;
  }
}
