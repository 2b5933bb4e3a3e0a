/** What every way to sign in is handed: what to ask for, how to reach the authority, and the person, if one attends. */
import type { Authority, Post, Sources, TokenAnswer } from "@tieline/auth";
import type { ClockWatch } from "./clock-watch.ts";

export interface SignInRequest {
  readonly authority: Authority;
  /** The public client that the endpoint's challenge names, or an application of one's own. */
  readonly clientId: string;
  /** What the token is to open. */
  readonly resource: string;
  /** Who signs in, where it is known. */
  readonly user?: string;
}

/** Whoever sits before the terminal. */
export interface Person {
  /** False for a program that runs alone: nothing is asked then. */
  readonly attends: boolean;
  /** Words for the person, not for a log: a code to type, an address to open. */
  tell(text: string): void;
  /** Opens the system's browser; undefined where there is no desktop to open it on. False where it could not be started. */
  open?(address: URL): Promise<boolean>;
  askSecret?(question: string): Promise<string>;
}

export interface SignInMeans {
  readonly post: Post;
  readonly get: (url: URL) => Promise<{ status: number; body: Uint8Array }>;
  readonly sources: Sources;
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly person: Person;
  readonly clock: ClockWatch;
  /** An address as a browser without our name map reaches it. */
  readonly forBrowser: (address: URL) => URL;
  /** A verbose line. */
  readonly say: (words: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export type SignIn = (request: SignInRequest, means: SignInMeans) => Promise<TokenAnswer>;
