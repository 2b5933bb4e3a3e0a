/** What all pages work with. */
import type { Sources } from "@tieline/auth";
import type { Directory } from "../../directory/index.ts";
import type { Factors } from "../factors/index.ts";
import type { PasswordJudge } from "../password-judge.ts";
import type { IdentityService } from "../service.ts";
import type { Vault } from "../vault.ts";
import { Flows } from "./flows.ts";
import { PageSessions } from "./page-sessions.ts";

export interface PageContext {
  identity: IdentityService;
  factors: Factors;
  directory: Directory;
  judge: PasswordJudge;
  vault: Vault;
  sources: Sources;
  flows: Flows;
  sessions: PageSessions;
}

export function pageContext(identity: IdentityService, factors: Factors): PageContext {
  const { db, directory, sources } = identity.options;
  const { vault, judge } = identity;
  const flows = new Flows(db, sources);
  const sessions = new PageSessions({ db, vault, sources, directory });
  return { identity, factors, directory, judge, vault, sources, flows, sessions };
}
