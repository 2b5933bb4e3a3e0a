/**
 * The resource owner password grant (RFC 6749 4.3): a program sends a person's password. Only where the tenant allows legacy
 * sign-in, and only for accounts to which a password is enough.
 */
import { Fault } from "@tieline/fault";
import type { KoaContextWithOIDC, Provider } from "oidc-provider";
import type { TenantId } from "../../directory/index.ts";
import { DELEGATED } from "../generation.ts";
import type { PasswordJudge } from "../password-judge.ts";
import type { SecondFactor } from "../second-factor.ts";
import type { SignInSettings } from "../tenant-sign-in.ts";
import { innerFacts } from "./inner-request.ts";
import type { LibraryAccount } from "./tenant-provider.ts";

export interface PasswordGrantOptions {
  tenant: TenantId;
  settings: () => Promise<SignInSettings>;
  judge: PasswordJudge;
  secondFactor: SecondFactor;
  /** @throws Fault `aadsts-500011` */
  resourceServer: (resource: string) => unknown;
  asLibraryAccount: (account: Awaited<ReturnType<PasswordJudge["judge"]>>["account"]) => LibraryAccount;
}

export const PASSWORD_PARAMETERS = ["username", "password", "scope", "resource"];

export function passwordGrant(provider: Provider, options: PasswordGrantOptions) {
  return async (ctx: KoaContextWithOIDC): Promise<void> => {
    const facts = innerFacts(ctx.req);
    const parameters = ctx.oidc.params as Record<string, string | undefined>;
    const { username, password, scope = "" } = parameters;
    for (const [parameter, value] of Object.entries({ username, password })) {
      if (value === undefined || value === "") throw new Fault("aadsts-900144", { parameter });
    }
    const { account } = await options.judge.judge({
      user: username as string,
      password: password as string,
      address: facts.address,
      tenant: options.tenant,
    });
    facts.account = account;
    // Said to those alone who know the password.
    if (!(await options.settings()).legacy) throw new Fault("aadsts-70003", { grant: "password" });
    const resource = facts.facts.resource;
    const demand = await options.secondFactor.demand(account, facts.address);
    if (demand === "proof") throw new Fault("aadsts-50076", { resource });
    if (demand === "registration") throw new Fault("aadsts-50079", { resource });
    await issue(provider, ctx, options.asLibraryAccount(account), scope, options.resourceServer);
  };
}

async function issue(
  provider: Provider,
  ctx: KoaContextWithOIDC,
  account: LibraryAccount,
  scope: string,
  resourceServer: PasswordGrantOptions["resourceServer"],
): Promise<void> {
  const client = ctx.oidc.client as NonNullable<typeof ctx.oidc.client>;
  ctx.oidc.entity("Account", account);
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope("openid profile email offline_access");
  const resource = (ctx.oidc.params as Record<string, string | undefined>)["resource"];
  const server = resource === undefined ? undefined : resourceServer(resource);
  if (resource !== undefined) grant.addResourceScope(resource, DELEGATED);
  const grantId = await grant.save();
  ctx.oidc.entity("Grant", grant);
  const authTime = Math.floor(Date.now() / 1000);
  const source = { accountId: account.accountId, amr: ["pwd"], authTime, grantId, gty: "password", client };
  const access = new provider.AccessToken({ ...source, scope: server === undefined ? scope : DELEGATED } as never);
  if (server !== undefined) access.resourceServer = server as never;
  ctx.oidc.entity("AccessToken", access);
  const accessToken = await access.save();
  const wanted = [...scope.split(" "), ...(resource === undefined ? [] : [DELEGATED])];
  const refresh = new provider.RefreshToken({
    ...source,
    rotations: 0,
    scope: wanted.join(" "),
    ...(resource === undefined ? {} : { resource }),
  } as never);
  ctx.oidc.entity("RefreshToken", refresh);
  const identity = new provider.IdToken(
    { ...(await account.claims("id_token", scope, {}, [])), amr: ["pwd"], auth_time: authTime } as never,
    { ctx } as never,
  );
  Object.assign(identity, { scope: "openid profile" });
  ctx.body = {
    access_token: accessToken,
    token_type: "Bearer",
    expires_in: access.expiration,
    scope: wanted.filter((each) => each !== "").join(" "),
    refresh_token: await refresh.save(),
    id_token: await identity.issue({ use: "idtoken" } as never),
  };
}
