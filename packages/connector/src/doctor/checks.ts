/** The checks, from the ground up; in this order they are told. */
import { authority } from "./checks/authority.ts";
import { clock } from "./checks/clock.ts";
import { discovery } from "./checks/discovery.ts";
import { dns } from "./checks/dns.ts";
import { identify } from "./checks/identify.ts";
import { mechanisms } from "./checks/mechanisms.ts";
import { policy } from "./checks/policy.ts";
import { proxy } from "./checks/proxy.ts";
import { quota } from "./checks/quota.ts";
import { realm } from "./checks/realm.ts";
import { roles } from "./checks/roles.ts";
import { session } from "./checks/session.ts";
import { tcp } from "./checks/tcp.ts";
import { tls } from "./checks/tls.ts";
import { token } from "./checks/token.ts";
import type { Check } from "./examination.ts";

export const CHECKS: readonly Check[] = [
  dns,
  proxy,
  tcp,
  tls,
  clock,
  discovery,
  mechanisms,
  identify,
  authority,
  realm,
  token,
  session,
  quota,
  roles,
  policy,
];
