import { LitElement, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Home } from "../home";
import { follow } from "../view";
import { Refusal } from "../server";
import { shared } from "../style";
import { Work } from "../work";

interface Made {
  dashboard: { url_path: string; title: string };
  config: object;
  /** Sections that the owner has changed or taken away. */
  kept: number;
}

const URL_PATH = "timmy-access-doors";

/** Has Home Assistant save a dashboard of its own cards for the doors, or brings up to date the one that it saved. */
@customElement("timmy-dashboard-button")
export class TimmyDashboardButton extends LitElement {
  static override styles = [shared];

  @property({ attribute: false }) home!: Home;
  @state() private made: Made | undefined;
  private readonly work = new Work(this, () => this.home.server);

  override render() {
    const { home, work } = this;
    return html`<button
        ?disabled=${work.busy || home.lost !== undefined}
        title=${home.lost ?? nothing}
        @click=${this.make}
      >
        ${home.texts.say("dashboard.make")}
      </button>
      ${work.refusal ? html`<p class="error" role="alert">${work.refusal.message}</p>` : nothing}
      ${this.made ? this.dialog(this.made) : nothing}`;
  }

  private dialog({ dashboard, kept }: Made): TemplateResult {
    const { texts } = this.home;
    return html`<timmy-dialog heading=${dashboard.title} light @closed=${this.close}>
      <p>${texts.say("dashboard.made")}</p>
      ${kept === 0 ? nothing : html`<p>${texts.count("dashboard.kept", kept)}</p>`}
      <p><a href="/${dashboard.url_path}" @click=${follow}>${texts.say("dashboard.open")}</a></p>
      <button slot="actions" @click=${this.close}>${texts.say("action.close")}</button>
    </timmy-dialog>`;
  }

  private readonly make = (): void => {
    const { server } = this.home;
    void this.work.run(async () => {
      const present = await this.present();
      const made = await server.ask<Made>("dashboard", { present });
      const { url_path } = made.dashboard;
      const there = await server.send<{ url_path: string }[]>({ type: "lovelace/dashboards/list" });
      if (!there.some((it) => it.url_path === url_path)) {
        await server.send({ type: "lovelace/dashboards/create", ...made.dashboard });
      }
      await server.send({ type: "lovelace/config/save", url_path, config: made.config });
      this.made = made;
    });
  };

  /** What is saved there; null where nothing is. */
  private async present(): Promise<object | null> {
    try {
      return await this.home.server.send<object>({ type: "lovelace/config", url_path: URL_PATH });
    } catch (err) {
      if (err instanceof Refusal && err.code === "config_not_found") return null;
      throw err;
    }
  }

  private readonly close = (): void => {
    this.made = undefined;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "timmy-dashboard-button": TimmyDashboardButton;
  }
}
