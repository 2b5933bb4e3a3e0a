/**
 * An account's multi-factor state, and what it asks of each kind of client: two tables.
 *
 * ```
 *  Disabled --enable--> Enabled --registered--> Enforced
 *      \---------------enforce------------------/
 * ```
 * `disable` leads back from anywhere. Resetting the methods keeps the state: who is Enforced registers again.
 */
export type MfaState = "Disabled" | "Enabled" | "Enforced";
export type MfaEvent = "disable" | "enable" | "enforce" | "registered" | "reset";

/** Where an event leads from each state. */
export const TRANSITIONS: Readonly<Record<MfaState, Readonly<Record<MfaEvent, MfaState>>>> = {
  Disabled: { disable: "Disabled", enable: "Enabled", enforce: "Enforced", registered: "Disabled", reset: "Disabled" },
  Enabled: { disable: "Disabled", enable: "Enabled", enforce: "Enforced", registered: "Enforced", reset: "Enabled" },
  Enforced: { disable: "Disabled", enable: "Enabled", enforce: "Enforced", registered: "Enforced", reset: "Enforced" },
};

/** A person before a page; a program with a password and no page; Basic and other ways of before. */
export type ClientKind = "browser" | "program" | "legacy";

/**
 * - `none`: the password is enough
 * - `verify`: a second factor
 * - `register`: a second factor, which has to be set up first
 * - `app-password`: an application password in the password's place
 */
export type Demand = "none" | "verify" | "register" | "app-password";

/** What is asked, without and with methods registered. Legacy clients of an Enabled account go on until it registers. */
const DEMANDS: Readonly<Record<MfaState, Readonly<Record<ClientKind, readonly [unregistered: Demand, registered: Demand]>>>> = {
  Disabled: { browser: ["none", "none"], program: ["none", "none"], legacy: ["none", "none"] },
  Enabled: { browser: ["register", "verify"], program: ["register", "verify"], legacy: ["none", "app-password"] },
  Enforced: { browser: ["register", "verify"], program: ["register", "verify"], legacy: ["app-password", "app-password"] },
};

export interface DemandFacts {
  state: MfaState;
  registered: boolean;
  /** The address lies in one of the tenant's trusted ranges, or the browser is remembered. It does not help a legacy client. */
  trusted: boolean;
}

export function demand(facts: DemandFacts, client: ClientKind): Demand {
  const asked = DEMANDS[facts.state][client][facts.registered ? 1 : 0];
  return facts.trusted && asked !== "app-password" ? "none" : asked;
}
