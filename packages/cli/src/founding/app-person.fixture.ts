/** Somebody who signs in on the pages with a password and an authenticator app, which is set up where the pages ask for it. */
import { createHmac } from "node:crypto";
import type { Reader } from "../form-browser.fixture.ts";

/** What an authenticator app on a phone shows (RFC 6238), from the key that is typed into it. */
function appCode(typedKey: string, step: number): string {
  const letters = typedKey
    .replace(/[^A-Z2-7]/g, "")
    .split("")
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter));
  const bits = letters.map((value) => value.toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", key).update(counter).digest();
  return String((mac.readUInt32BE((mac.at(-1) as number) & 15) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, "0");
}

export class AppPerson {
  readonly #user: string;
  readonly #password: string;
  /** What was shown to be typed into the app; empty before that. */
  typedKey = "";

  constructor(user: string, password: string) {
    this.#user = user;
    this.#password = password;
  }

  /** Reads what is on the page, as document 001's author did; the app's key is typed in once, and each code is used once. @param step of thirty seconds since 1970 */
  reads(step: number): Reader {
    return ({ text }) => {
      this.typedKey = /class="key"[^>]*>([^<]+)</.exec(text)?.[1] ?? this.typedKey;
      const press = /value="setup:code"/.test(text) ? "setup:code" : undefined;
      const fill = { user: this.#user, password: this.#password, code: this.typedKey === "" ? "" : appCode(this.typedKey, step) };
      return press === undefined ? { fill } : { fill, press };
    };
  }
}
