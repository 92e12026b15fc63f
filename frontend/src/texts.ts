import type { HomeAssistant, Localize } from "./home_assistant";

const DOMAIN = "timmy_access";

/** The texts of the panel in the language of who looks, from the integration's own translations. */
export class Texts {
  private constructor(
    private readonly localize: Localize,
    readonly language: string,
  ) {}

  static async load(hass: HomeAssistant): Promise<Texts> {
    await hass.loadBackendTranslation("config_panel", DOMAIN);
    return new Texts(await hass.loadBackendTranslation("exceptions", DOMAIN), hass.language);
  }

  /** Texts for tests: a key is its own text, with what is filled in behind it. */
  static plain(): Texts {
    return new Texts((key, values) => [key, ...Object.values(values ?? {})].join(" "), "en");
  }

  /** A text by its key under `config_panel`; one that is missing shows its key. */
  say(key: string, values: Record<string, string | number> = {}): string {
    return this.localize(`component.${DOMAIN}.config_panel.${key}`, values) || key;
  }

  /** A text that depends on a number: `<key>_one` or `<key>_other`, each with `{count}`. */
  count(key: string, count: number, values: Record<string, string | number> = {}): string {
    const form = new Intl.PluralRules(this.language).select(count) === "one" ? "one" : "other";
    return this.say(`${key}_${form}`, { count: count.toLocaleString(this.language), ...values });
  }

  /** What an error says, as Home Assistant says it elsewhere; empty where there is no such text. */
  error(key: string, values: Record<string, string>, domain = DOMAIN): string {
    return this.localize(`component.${domain}.exceptions.${key}.message`, values);
  }
}
