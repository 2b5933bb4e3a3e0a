/**
 * The lab's one secret: a random key in a file of its own, outside the database. From it come the key under which NT
 * hashes are kept, and the passwords of the lab's accounts, so that a second start knows them and no file holds them.
 */
import { createHmac, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Fault } from "@tieline/fault";
import { identityKeyOf, migrationKeyOf, vaultKeyOf } from "../derived-keys.ts";

/** Letters and digits that nobody mistakes for one another. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";

export class LabSecrets {
  readonly #key: Buffer;

  private constructor(key: Buffer) {
    this.#key = key;
  }

  static path(folder: string): string {
    return join(folder, "keys", "lab.key");
  }

  static exists(folder: string): boolean {
    return existsSync(LabSecrets.path(folder));
  }

  /** @throws Fault `lab-key-damaged` */
  static open(folder: string): LabSecrets {
    const path = LabSecrets.path(folder);
    if (!existsSync(path)) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, randomBytes(32), { mode: 0o600, flag: "wx" });
    }
    const key = readFileSync(path);
    if (key.length !== 32) throw new Fault("lab-key-damaged", { path, reason: `it has ${key.length} bytes, not 32` });
    if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0)
      throw new Fault("lab-key-damaged", { path, reason: "others may read it" });
    return new LabSecrets(key);
  }

  /** The key under which NT hashes are encrypted. */
  get vaultKey(): Uint8Array {
    return vaultKeyOf(this.#key);
  }

  /** The key under which the authorization server's secrets are sealed. */
  get identityKey(): Uint8Array {
    return identityKeyOf(this.#key);
  }

  /** The key under which the pool seals what it has of the service. */
  get migrationKey(): Uint8Array {
    return migrationKeyOf(this.#key);
  }

  /** The password of a lab account: 75 bits in five groups, with a capital and a sign for whoever demands them. */
  password(account: string): string {
    const digest = createHmac("sha256", this.#key).update(`lab password ${account.toLowerCase()}`).digest();
    const letters = Array.from(digest.subarray(0, 15), (byte) => ALPHABET[byte % 32]).join("");
    return `T${letters.slice(0, 5)}-${letters.slice(5, 10)}-${letters.slice(10, 15)}`;
  }
}
