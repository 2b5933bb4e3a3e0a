/**
 * The seam between the authorization server and its pages. Where a person must do something (sign in, consent), the server
 * leads the browser to `/<tenant>/login/<uid>`; every request to that address and below is handed to the pages, which show
 * what they like and at last call `finish` or `decline`, once. Addresses in pages are relative: the listener has many names.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Fault } from "@tieline/fault";
import type { Account, AccountId, Tenant } from "../directory/index.ts";

/** What the person's sign-in amounts to. */
export interface InteractionOutcome {
  accountId: AccountId;
  /** RFC 8176: `pwd`, `mfa`, `otp`, `hwk`, ... in the order in which they were shown. */
  amr: readonly string[];
  /** When the person last showed who they are. */
  authTimeMs: number;
  /** False: the session ends with the browser. */
  remember: boolean;
}

export interface Interaction {
  uid: string;
  tenant: Tenant;
  client: { appId: string; displayName: string };
  /** `login` or `consent`, with the reasons for asking. */
  prompt: { name: string; reasons: readonly string[] };
  /** The authorization request: `login_hint`, `scope`, `resource`, `prompt`, `max_age`, ... */
  params: Readonly<Record<string, string>>;
  /** The resources that a token is asked for. */
  resources: readonly string[];
  /** Who is signed in at this browser already. */
  signedIn: InteractionOutcome | undefined;
  /** `/<tenant>/login/<uid>`: where this interaction's pages live. */
  path: string;
  /** What follows it in this request, without a slash before: empty, `factor`, ... */
  step: string;
  /** The form of a POST; empty else. */
  form: URLSearchParams;
  /** The peer's address. */
  address: string;
  correlationId: string;
}

/** Another identity provider has shown who the person is, in the place of the password. */
export interface FirstFactor extends InteractionOutcome {
  account: Account;
}

export interface InteractionEnd {
  /** Goes on with the authorization request. @throws Fault `sign-in-finished` for the second of two */
  finish(outcome: InteractionOutcome): Promise<void>;
  /** For the prompt `consent`: writes it down and goes on. `forTenant`: for everybody. */
  consent(options?: { forTenant?: boolean }): Promise<void>;
  /** Writes a sign-in that was refused to the tenant's log. @param name as it was typed */
  note(name: string, fault: Fault): Promise<void>;
  /** Gives up; the application is told. */
  decline(fault: Fault): Promise<void>;
}

export interface PageRequest {
  request: IncomingMessage;
  response: ServerResponse;
}

/** A finished page. */
export interface PageAnswer {
  /** Default 200. */
  status?: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

type Fields = Readonly<Record<string, string>>;

export interface InteractionPages {
  /** Answers, or ends the interaction; what it throws is shown by `refused`. */
  interact(http: PageRequest, interaction: Interaction, end: InteractionEnd): Promise<void>;
  /**
   * Goes on after a sign-in elsewhere, in the request that brought it back: asks for a second factor where one is wanted, and at
   * last finishes with the outcome's `amr` and its own. Left out: whoever needs a second factor is refused.
   */
  secondStep?(http: PageRequest, interaction: Interaction, end: InteractionEnd, first: FirstFactor): Promise<void>;
  /** Asks for the user name where the address says `common`: a form by GET to the same address, with `login_hint` and `fields`. */
  askName(fields: Fields, refused?: Fault): PageAnswer;
  /** Asks for a device's code, and for the user name where `needsName`: a form by GET to `/device` with `user_code` and `login_hint`. */
  askDeviceCode(known: { userCode: string; loginHint: string; needsName: boolean }, refused?: Fault): PageAnswer;
  /** Asks whether the device of that code may sign in: a form by POST to `action` with `fields`, and with `confirm` or `abort` pressed. */
  confirmDevice(device: { userCode: string; displayName: string; action: string; fields: Fields }): PageAnswer;
  /** The device may go on. */
  deviceDone(): PageAnswer;
  /** Nothing more can be done here. */
  refused(fault: Fault, trace: { traceId: string; correlationId: string }): PageAnswer;
  /** Asks whether to sign out: a form by POST to `action` with `fields`, and with `logout` pressed. */
  askSignOut(form: { action: string; fields: Fields }): PageAnswer;
  signedOut(): PageAnswer;
}
