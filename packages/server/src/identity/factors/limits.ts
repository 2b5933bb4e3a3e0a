/** Every limit of the second factors, in one place. */
export interface FactorLimits {
  /** Wrong codes in a row, of any method, that lock an account's factors. */
  attempts: number;
  lockMs: number;
  /** Wrong answers after which a single challenge is over. */
  challengeAttempts: number;
  /** How long a code by message, a request for approval, a passkey's challenge is good. */
  challengeMs: number;
  /** How long a link for setting up an approver is good. */
  enrolmentMs: number;
  /** Messages and calls to one account within `messagesWindowMs`. */
  messages: number;
  messagesWindowMs: number;
  tokens: number;
  /** Phones, approvers and passkeys of one account, each. */
  methods: number;
  appPasswords: number;
  recoveryCodes: number;
}

export const DEFAULT_FACTOR_LIMITS: FactorLimits = {
  attempts: 10,
  lockMs: 15 * 60_000,
  challengeAttempts: 5,
  challengeMs: 5 * 60_000,
  enrolmentMs: 10 * 60_000,
  messages: 10,
  messagesWindowMs: 60 * 60_000,
  tokens: 5,
  methods: 10,
  appPasswords: 40,
  recoveryCodes: 10,
};
