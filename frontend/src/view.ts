import { LitElement, html, nothing, type TemplateResult } from "lit";
import { property } from "lit/decorators.js";

import type { Home } from "./home";
import { goTo } from "./home_assistant";
import { addressOf, type Place } from "./place";
import type { Refusal } from "./server";
import { shared } from "./style";

/** A page of the panel. */
export abstract class View extends LitElement {
  static override styles = [shared];

  @property({ attribute: false }) home!: Home;
  @property({ attribute: false }) place!: Place;

  /** A text by its key under `config_panel`. */
  protected say(key: string, values: Record<string, string | number> = {}): string {
    return this.home.texts.say(key, values);
  }

  /** Stay on the page with another filter; an empty value takes one away. */
  protected filter(query: Record<string, string>): void {
    const { view, rest } = this.place;
    goTo(addressOf(view, rest, { ...this.place.query, ...query }), { replace: true });
  }

  /** A link to a page of the panel that neither reloads nor needs a mouse. */
  protected link(address: string, text: unknown, className = ""): TemplateResult {
    return html`<a class=${className} href=${address} @click=${follow}>${text}</a>`;
  }

  /** What stands where something is still on its way; it shows after 200 ms. */
  protected loading(): TemplateResult {
    return html`<div role="status" aria-live="polite">
      <span class="hidden">${this.say("panel.loading")}</span>
      <div class="skeleton"></div>
      <div class="skeleton"></div>
      <div class="skeleton"></div>
    </div>`;
  }

  /** What did not work, in words. */
  protected refusedWith(refusal: Refusal | undefined): TemplateResult | typeof nothing {
    return refusal ? html`<p class="error" role="alert">${refusal.message}</p>` : nothing;
  }

  /** Why a button that changes something cannot be pressed; undefined where it can. */
  protected get whyNot(): string | undefined {
    return this.home.lost;
  }
}

/** Go where a link leads without leaving the page; with a modifier the browser opens it its own way. */
export function follow(event: MouseEvent): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  goTo((event.currentTarget as HTMLAnchorElement).getAttribute("href") ?? "");
}
