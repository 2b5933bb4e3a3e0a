/** The whole catalogue: one table a layer, joined. A code stands in one table only (the test holds it). */
import { AUTHENTICATION } from "./catalogue/authentication.ts";
import { CLIXML } from "./catalogue/clixml.ts";
import { COMMAND } from "./catalogue/command.ts";
import { DIRECTORY } from "./catalogue/directory.ts";
import { DISCOVERY } from "./catalogue/discovery.ts";
import { LAB } from "./catalogue/lab.ts";
import { LIMITS } from "./catalogue/limits.ts";
import { LOCAL } from "./catalogue/local.ts";
import { PROCESS } from "./catalogue/process.ts";
import { PSRP } from "./catalogue/psrp.ts";
import { SESSION } from "./catalogue/session.ts";
import { STORE } from "./catalogue/store.ts";
import { TRANSPORT } from "./catalogue/transport.ts";
import { WSMAN } from "./catalogue/wsman.ts";
import { IDENTITY } from "./catalogue/identity.ts";
import { FACTORS } from "./catalogue/factors.ts";
import { FEDERATION } from "./catalogue/federation.ts";
import { ACCOUNT } from "./catalogue/account.ts";
import { DIAGNOSIS } from "./catalogue/diagnosis.ts";
import { WINRM } from "./catalogue/winrm.ts";
import { HYBRID } from "./catalogue/hybrid.ts";
import { DEPLOYMENT } from "./catalogue/deployment.ts";
import { MODULE } from "./catalogue/module.ts";
import { RENEWAL } from "./catalogue/renewal.ts";
import { MOVES } from "./catalogue/moves.ts";
import { BATCHES } from "./catalogue/batches.ts";
import { SYNCHRONISATION } from "./catalogue/synchronisation.ts";
import { FOREST } from "./catalogue/forest.ts";
import { HOSTING } from "./catalogue/hosting.ts";
import { MOVE_CLIENT } from "./catalogue/move-client.ts";
import { MOVE_FILES } from "./catalogue/move-files.ts";
import { USER_DATA } from "./catalogue/user-data.ts";
import type { Placeholder } from "./entry.ts";

export const CATALOGUE = {
  ...TRANSPORT,
  ...AUTHENTICATION,
  ...LIMITS,
  ...WSMAN,
  ...PSRP,
  ...CLIXML,
  ...PROCESS,
  ...DISCOVERY,
  ...SESSION,
  ...COMMAND,
  ...DIRECTORY,
  ...STORE,
  ...LAB,
  ...LOCAL,
  ...IDENTITY,
  ...FACTORS,
  ...FEDERATION,
  ...ACCOUNT,
  ...DIAGNOSIS,
  ...WINRM,
  ...HYBRID,
  ...DEPLOYMENT,
  ...MODULE,
  ...RENEWAL,
  ...MOVES,
  ...BATCHES,
  ...SYNCHRONISATION,
  ...FOREST,
  ...HOSTING,
  ...MOVE_FILES,
  ...USER_DATA,
  ...MOVE_CLIENT,
} as const;

/** The stable name of a fault; what callers match on. */
export type FaultCode = keyof typeof CATALOGUE;

type Texts<E> = E extends { text: infer T extends string }
  ? T | (E extends { why: infer W extends string } ? W : never) | (E extends { cure: infer K extends string } ? K : never)
  : never;

/** The fields that a code's texts name. */
export type FaultFields<C extends FaultCode> = [Placeholder<Texts<(typeof CATALOGUE)[C]>>] extends [never]
  ? Record<string, never>
  : Record<Placeholder<Texts<(typeof CATALOGUE)[C]>>, string | number>;
