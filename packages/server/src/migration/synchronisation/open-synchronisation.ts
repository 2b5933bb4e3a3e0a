/** Synchronisation as a deployment opens it: over HTTPS to its tenant, signed in as its own application, by a timer if there is to be one. */
import { SYSTEM_SOURCES, type Sources } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import type { Dialler } from "@tieline/net";
import { again } from "../again.ts";
import { ApplicationSignIn, type DeploymentApplication } from "../application-sign-in.ts";
import { HttpsWire, provisioningAddress } from "./provisioning-wire.ts";
import { Synchroniser, type SynchronisationService, type SynchroniserOptions } from "./synchroniser.ts";

/** Where a deployment synchronises to, and as whom. */
export interface SynchronisationTarget extends DeploymentApplication {
  /** `https://HOST/provisioning`. */
  url: string;
  /** Where tokens are had, an address as in challenges; default: what the endpoint says. */
  authority?: string | undefined;
}

export type SynchronisationOptions = Omit<SynchroniserOptions, "openWire" | "tenant" | "nowMs"> & {
  target: SynchronisationTarget;
  /** Names, proxy and whose certificates are trusted. */
  dialler: Dialler;
  /** Default: the machine's clock and chance. */
  sources?: Sources;
};

/**
 * Opens nothing yet: the endpoint is asked when the first run begins.
 *
 * @throws Fault `tenant-not-found` where the deployment is not in the database, `sync-challenge` where the address is no https,
 * `sync-certificate` where certificate and key cannot be used
 */
export async function openSynchronisation(options: SynchronisationOptions): Promise<Synchroniser> {
  const { target, dialler, sources = SYSTEM_SOURCES, ...rest } = options;
  const url = provisioningAddress(target.url);
  // One for all runs: a token outlives several.
  const unexpected = (status: number): Fault => new Fault("sync-challenge", { url: target.url, status });
  const signIn = new ApplicationSignIn(target, { url: target.url, authority: target.authority, unexpected }, { dialler, sources });
  return Synchroniser.open({
    ...rest,
    tenant: target.tenant,
    nowMs: () => sources.nowMs(),
    openWire: () => new HttpsWire(dialler, url, signIn),
  });
}

/** How often it is looked whether a run is due. */
const LOOK_MS = 15_000;

/** Runs what is due until it is disposed of; a run that is under way then is stopped where its next one can go on. */
export function keepSynchronised(service: SynchronisationService, log: SynchronisationOptions["log"]): AsyncDisposable {
  return again((signal) => service.tick(signal), {
    everyMs: LOOK_MS,
    failed: (error) => log.warn({ error: String(error) }, "whether a synchronisation is due could not be looked up"),
  });
}
