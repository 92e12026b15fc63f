import type { Home } from "./home";

/** What a credential is called: `fingerprint_2` is the third finger. */
export function credentialName({ texts, format }: Home, kind: string): string {
  const [, word = kind, index] = /^(.+?)(?:_(\d+))?$/.exec(kind) ?? [];
  const said = texts.say(`person.kind_${word}`);
  return index === undefined ? said : `${said} ${format.number(Number(index) + 1)}`;
}
