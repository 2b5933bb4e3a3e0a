/**
 * The first connection as a list. A stage is a small step that reads and fills the connection under way, says in the
 * words that administrators know what it does and found, and throws a Fault when it refuses.
 */
import type { Dialler } from "@tieline/net";
import type { Hop } from "@tieline/discovery";
import type { SessionOption } from "./session-option.ts";
import type { SignInWay, SignInWish } from "./sign-in/sign-in-wish.ts";

/** How to sign in at the endpoint. `default` lets the endpoint's challenge and the kind of credential decide. */
export type Authentication = "default" | "basic" | "negotiate" | "ntlm" | "kerberos" | "certificate";

export type Credential =
  | { kind: "password"; user: string; password: string }
  | { kind: "token"; token: string }
  /** The dialler shows it. */
  | { kind: "certificate" }
  | { kind: "ambient" };

/** What the caller asks for. */
export interface Wish {
  /** `admin@contoso.com`; may be left out where `targetUri` is given and the mechanism knows who asks. */
  user?: string;
  overrideAdminDomain?: string;
  /** Skips discovery (New-CsOnlineSession's OverridePowerShellUri). */
  targetUri?: string;
  /** Where discovery begins, instead of the lyncdiscover names. */
  overrideDiscoveryUri?: string;
  authentication: Authentication;
  /** What New-PSSessionOption would say of the session; its proxies are the dialler's. */
  sessionOption?: SessionOption;
  /** Follow the endpoint to another host, with the credentials. */
  allowRedirection?: boolean;
  /** How to get a token where the endpoint's challenge names an authority; left out, `credential` is used everywhere. */
  signIn?: SignInWish;
  /** Asked when the third stage needs it; may prompt. */
  credential: (user: string | undefined) => Promise<Credential>;
}

/** What the stages have found so far. */
export interface Progress {
  adminDomain?: string;
  targetUri?: URL;
  hops: readonly Hop[];
  credential?: Credential;
  /** Who gave the token, and by which way: for people. */
  tokenFrom?: { authority: string; way: SignInWay };
  /** When its token lapses, in milliseconds since 1970. */
  tokenExpiresAtMs?: number;
  /** A credential that is good for five minutes more, without asking anybody; undefined where the credential does not lapse. */
  renewCredential?: () => Promise<Credential>;
  /** Instead of a kept credential that the endpoint has refused, once; undefined where it was a new one, which no other would mend. */
  replaceCredential?: () => Promise<Credential | undefined>;
  /** The tenant takes no tokens of the authority; a web ticket stands in. */
  modernSignInOff?: boolean;
  /** How the endpoint takes a token. */
  tokenScheme?: "basic" | "bearer";
}

export interface StageContext {
  readonly wish: Wish;
  readonly progress: Progress;
  readonly dialler: Dialler;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds on a monotonous clock. */
  readonly now: () => number;
  /** A verbose line. */
  say: (words: string) => void;
}

export interface Stage {
  /** The line that announces it, word for word as the retired connector printed it. */
  readonly words: string;
  run(context: StageContext): Promise<void>;
}
