import type { Home } from "./home";

/** A credential's kind, and which of its kind it is: `fingerprint_2` is the third finger. */
export function parts(credential: string): [kind: string, index: number | undefined] {
  const [, kind = credential, index] = /^(.+?)(?:_(\d+))?$/.exec(credential) ?? [];
  return [kind, index === undefined ? undefined : Number(index)];
}

/** What a credential is called, or a kind. */
export function credentialName({ texts, format }: Home, credential: string): string {
  const [kind, index] = parts(credential);
  const said = texts.say(`person.kind_${kind}`);
  return index === undefined ? said : `${said} ${format.number(index + 1)}`;
}
