/** How a batch signs in to the other site: sealed in its row, for whichever process works on it, and erased when it ends. */
import type { Vault } from "../../identity/index.ts";
import type { HostedAuthentication } from "../hosted/hosted-session.ts";
import type { BatchId } from "./batch.ts";

const purpose = (batch: BatchId): string => `sign-in of the batch of moves ${batch}`;

export function sealSignIn(vault: Vault, batch: BatchId, authentication: HostedAuthentication): string {
  return vault.seal(purpose(batch), JSON.stringify(authentication));
}

/** @throws Fault `secret-unreadable` */
export function openSignIn(vault: Vault, batch: BatchId, sealed: string): HostedAuthentication {
  return JSON.parse(vault.open(purpose(batch), sealed)) as HostedAuthentication;
}
