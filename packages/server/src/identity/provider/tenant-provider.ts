/**
 * The library's provider for one tenant and one generation of endpoints: its issuer, its clients, its people, its storage,
 * its key. Both generations of a tenant share everything that is stored. Nothing here knows an address of ours but by
 * `routes`; what goes in and out is turned by the authorization server around it.
 */
import type { JWK } from "jose";
import { Fault, isFault } from "@tieline/fault";
import type { Account, AccountId, Directory, TenantId } from "../../directory/index.ts";
import type { Configuration, KoaContextWithOIDC, Provider } from "oidc-provider";
import type { Application, Applications } from "../applications.ts";
import type { Artifacts } from "../artifacts.ts";
import { DELEGATED, type Generation } from "../generation.ts";
import type { InteractionPages, PageAnswer } from "../interaction.ts";
import type { PasswordJudge } from "../password-judge.ts";
import type { SecondFactor } from "../second-factor.ts";
import { asRefusal, readLibraryError } from "../refusal.ts";
import type { SignInSettings } from "../tenant-sign-in.ts";
import { accessTokenClaims, issuerOf, personClaims, PERSON_CLAIMS } from "./claims.ts";
import { clientMetadata, PROVEN, redirectAllowed } from "./clients.ts";
import { innerFacts } from "./inner-request.ts";
import { oidcLibrary } from "./library.ts";
import { PASSWORD_PARAMETERS, passwordGrant } from "./password-grant.ts";

/** How long what the server gives out lives, in seconds. */
export interface Lifetimes {
  accessToken: number;
  authorizationCode: number;
  deviceCode: number;
  idToken: number;
  interaction: number;
  refreshToken: number;
  session: number;
}

export const DEFAULT_LIFETIMES: Lifetimes = {
  accessToken: 3_600,
  authorizationCode: 600,
  deviceCode: 900,
  idToken: 3_600,
  interaction: 1_800,
  refreshToken: 90 * 86_400,
  session: 86_400,
};

/** Where the library's endpoints are, below the tenant. */
export const ROUTES: Readonly<Record<Generation, Readonly<Record<string, string>>>> = {
  v1: {
    authorization: "/oauth2/authorize",
    token: "/oauth2/token",
    device_authorization: "/oauth2/devicecode",
    code_verification: "/oauth2/deviceauth",
    end_session: "/oauth2/logout",
    userinfo: "/openid/userinfo",
    jwks: "/internal/keys",
  },
  v2: {
    authorization: "/oauth2/v2.0/authorize",
    token: "/oauth2/v2.0/token",
    device_authorization: "/oauth2/v2.0/devicecode",
    code_verification: "/oauth2/v2.0/deviceauth",
    end_session: "/oauth2/v2.0/logout",
    userinfo: "/oidc/userinfo",
    jwks: "/internal/keys",
  },
};

export interface TenantProviderOptions {
  host: string;
  tenant: TenantId;
  generation: Generation;
  directory: Directory;
  applications: Applications;
  artifacts: Artifacts;
  judge: PasswordJudge;
  secondFactor: SecondFactor;
  pages: InteractionPages;
  settings: () => Promise<SignInSettings>;
  /** True for an address that tokens are given for. */
  isResource: (resource: string) => boolean;
  signingKey: JWK;
  cookieKeys: readonly string[];
  lifetimes: Lifetimes;
}

/** The library's view of an account. */
export interface LibraryAccount {
  accountId: string;
  account: Account;
  claims(use: string, scope: string, claims: object, rejected: string[]): Promise<{ sub: string; [name: string]: unknown }>;
}

/** What the library has in hand when it asks for an account. */
interface Shown {
  kind?: string;
  amr?: readonly string[];
  /** Seconds since 1970. */
  authTime?: number;
}

/** A sign-in from before the account's second factor is not renewed. @throws Fault `aadsts-50076` */
async function refuseStale(options: TenantProviderOptions, ctx: KoaContextWithOIDC, account: Account, token: Shown): Promise<void> {
  const { address, facts } = innerFacts(ctx.req);
  const signIn = { amr: token.amr ?? [], authTimeMs: (token.authTime ?? 0) * 1000, address };
  if ((await options.secondFactor.renewal?.(account, signIn)) === "proof") throw new Fault("aadsts-50076", { resource: facts.resource });
}

/** What went wrong in a request, as the library told it. */
const thrown = new WeakMap<object, unknown>();

export function thrownIn(ctx: { req: object }): unknown {
  return thrown.get(ctx.req);
}

export async function tenantProvider(options: TenantProviderOptions): Promise<Provider> {
  const library = await oidcLibrary();
  const { host, tenant, generation } = options;
  const policy = library.interactionPolicy.base();
  // Who consented is known by rows of ours; that the client is a program on a desk changes nothing.
  policy.get("consent")?.checks.remove("native_client_prompt");
  const asLibraryAccount = (account: Account): LibraryAccount => ({
    accountId: account.accountId,
    account,
    claims: () => Promise.resolve(personClaims(account, generation) as { sub: string }),
  });
  const resourceInfo = (resource: string) => {
    if (!options.isResource(resource)) throw new Fault("aadsts-500011", { resource: resource.slice(0, 256), tenant });
    return {
      scope: DELEGATED,
      audience: resource,
      accessTokenFormat: "jwt" as const,
      accessTokenTTL: options.lifetimes.accessToken,
      jwt: { sign: { alg: "RS256" as const } },
    };
  };
  const taken = (model: string): Error => {
    if (model === "DeviceCode" || model === "Interaction") return new Fault("sign-in-finished");
    return new library.errors.InvalidGrant(
      model === "AuthorizationCode" ? "authorization code already consumed" : "refresh token already used",
    );
  };
  const configuration = {
    adapter: (model: string) =>
      model === "Client" ? clientAdapter(options.applications) : options.artifacts.adapter(tenant, model, taken),
    clients: [],
    jwks: { keys: [options.signingKey] },
    findAccount: async (ctx: KoaContextWithOIDC, id: string, token?: Shown) => {
      const account = await options.directory.accounts.get(id as AccountId);
      if (account === undefined || account.tenantId !== tenant || !account.enabled) return undefined;
      if (token?.authTime !== undefined && token.authTime < Math.floor(account.tokensValidFromMs / 1000)) return undefined;
      if (token?.kind === "RefreshToken") await refuseStale(options, ctx, account, token);
      return asLibraryAccount(account);
    },
    loadExistingGrant: (ctx: KoaContextWithOIDC) => loadGrant(ctx, options),
    claims: { openid: PERSON_CLAIMS, profile: [], email: [] },
    scopes: ["openid", "profile", "email", "offline_access"],
    conformIdTokenClaims: false,
    clientAuthMethods: ["none", "client_secret_post"],
    // RFC 9700 2.1.1: for those that can keep no secret always, and so for all that send no proof of themselves.
    pkce: { required: () => true },
    responseTypes: ["code"],
    issueRefreshToken: (_: unknown, client: { grantTypeAllowed(grant: string): boolean }) =>
      Promise.resolve(client.grantTypeAllowed("refresh_token")),
    rotateRefreshToken: true,
    expiresWithSession: () => Promise.resolve(false),
    enabledJWA: { idTokenSigningAlgValues: ["RS256"], userinfoSigningAlgValues: ["RS256"] },
    cookies: {
      keys: [...options.cookieKeys],
      names: { session: "tieline.session", interaction: "tieline.interaction", resume: "tieline.resume" },
      long: { signed: true, secure: true, httpOnly: true, sameSite: "lax", path: `/${tenant}` },
      short: { signed: true, secure: true, httpOnly: true, sameSite: "lax" },
    },
    ttl: {
      AccessToken: options.lifetimes.accessToken,
      ClientCredentials: options.lifetimes.accessToken,
      AuthorizationCode: options.lifetimes.authorizationCode,
      DeviceCode: options.lifetimes.deviceCode,
      IdToken: options.lifetimes.idToken,
      Interaction: options.lifetimes.interaction,
      RefreshToken: options.lifetimes.refreshToken,
      Grant: options.lifetimes.refreshToken,
      Session: options.lifetimes.session,
    },
    extraClientMetadata: { properties: ["tieline:redirects"] },
    routes: ROUTES[generation],
    interactions: { policy, url: (_: unknown, interaction: { uid: string }) => `/${tenant}/login/${interaction.uid}` },
    formats: {
      customizers: {
        jwt: (ctx: KoaContextWithOIDC, token: { clientId?: string }, jwt: { payload: Record<string, unknown> }) => {
          const {
            Account: person,
            RefreshToken,
            AuthorizationCode,
            DeviceCode,
          } = ctx.oidc.entities as Record<string, { amr?: string[] } & LibraryAccount>;
          const source = RefreshToken ?? AuthorizationCode ?? DeviceCode;
          const { aud, iat, exp, jti } = jwt.payload;
          jwt.payload = {
            aud,
            iat,
            nbf: iat,
            exp,
            jti,
            ...accessTokenClaims({
              tenant,
              generation,
              issuer: issuerOf(host, tenant, generation),
              appId: token.clientId ?? "",
              amr: source?.amr,
              account: person?.account,
              application: innerFacts(ctx.req).proven,
            }),
          };
        },
      },
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      userinfo: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx: KoaContextWithOIDC, form: string) =>
          show(
            ctx,
            options.pages.askSignOut({
              action: `/${tenant}${ROUTES[generation]["end_session"] ?? ""}/confirm`,
              fields: { xsrf: xsrfOf(form) },
            }),
          ),
        postLogoutSuccessSource: (ctx: KoaContextWithOIDC) => show(ctx, options.pages.signedOut()),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => Promise.resolve(undefined as unknown as string),
        getResourceServerInfo: (_: unknown, resource: string) => resourceInfo(resource),
        useGrantedResource: () => Promise.resolve(true),
      },
      deviceFlow: {
        enabled: true,
        charset: "base-20" as const,
        mask: "*********",
        userCodeInputSource: async (ctx: KoaContextWithOIDC, form: string, out: unknown, error: unknown) =>
          show(ctx, await devicePage(ctx, form, error, options)),
        userCodeConfirmSource: (ctx: KoaContextWithOIDC) => show(ctx, options.pages.deviceDone()),
        successSource: (ctx: KoaContextWithOIDC) => show(ctx, options.pages.deviceDone()),
      },
    },
    renderError: (ctx: KoaContextWithOIDC, _: unknown, error: unknown) => {
      const { facts, trace } = innerFacts(ctx.req);
      show(ctx, options.pages.refused(readLibraryError(error, facts).fault, trace));
    },
  };
  // The issuer of the first generation ends with a slash, which the library's own routes must not see: they are mounted by the caller.
  const provider = new library.Provider(issuerOf(host, tenant, generation), configuration as unknown as Configuration);
  const { Client } = provider as unknown as { Client: { prototype: ClientHooks } };
  Client.prototype.compareClientSecret = function compare(actual: string) {
    return actual === PROVEN && innerFacts(library.Provider.ctx?.req as never).proven?.appId === this.clientId;
  };
  Client.prototype.redirectUriAllowed = function allowed(address: string) {
    return redirectAllowed(this["tieline:redirects"] ?? [], address);
  };
  provider.registerGrantType(
    "password",
    passwordGrant(provider, {
      tenant,
      settings: options.settings,
      judge: options.judge,
      secondFactor: options.secondFactor,
      resourceServer: (resource) => {
        const Server = (provider as unknown as { ResourceServer: new (id: string, info: object) => unknown }).ResourceServer;
        return new Server(resource, resourceInfo(resource));
      },
      asLibraryAccount,
    }) as never,
    PASSWORD_PARAMETERS,
  );
  provider.use(async (ctx, next) => {
    await next();
    await innerFacts(ctx.req).finish?.(ctx as KoaContextWithOIDC);
  });
  for (const event of ["grant.error", "device_authorization.error", "authorization.error", "userinfo.error", "server_error"] as const) {
    provider.on(event as "server_error", (ctx, error) => void thrown.set(ctx.req, error));
  }
  return provider;
}

interface ClientHooks {
  clientId: string;
  "tieline:redirects"?: readonly string[];
  compareClientSecret(this: ClientHooks, actual: string): boolean;
  redirectUriAllowed(this: ClientHooks, address: string): boolean;
}

function clientAdapter(applications: Applications) {
  const unused = (): Promise<void> => Promise.reject(new Error("clients are kept by applications.ts"));
  return {
    find: async (id: string) => {
      const application: Application | undefined = await applications.find(id);
      if (application === undefined || !application.enabled) return undefined;
      return { ...clientMetadata(application), "tieline:redirects": application.redirectUris };
    },
    upsert: unused,
    destroy: unused,
    consume: unused,
    revokeByGrantId: unused,
    findByUid: () => Promise.resolve(undefined),
    findByUserCode: () => Promise.resolve(undefined),
  };
}

/** A grant of its own for each sign-in, so that what is revoked with one refresh token is that sign-in's family alone. */
async function loadGrant(ctx: KoaContextWithOIDC, { applications, directory, tenant }: TenantProviderOptions) {
  const { client, account, provider, params } = ctx.oidc as typeof ctx.oidc & { account?: LibraryAccount };
  if (client === undefined || account === undefined) return undefined;
  const current = await directory.accounts.get(account.accountId as AccountId);
  if (current?.tenantId !== tenant) return undefined;
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope("openid profile email offline_access");
  const resource = (params as Record<string, string | undefined> | undefined)?.["resource"];
  if (resource !== undefined && (await applications.hasConsent(client.clientId, resource, account.accountId))) {
    grant.addResourceScope(resource, DELEGATED);
  }
  await grant.save();
  return grant;
}

/** The page of a device's code, at its tenant: the confirmation, or the code again where something is wrong with it. */
async function devicePage(ctx: KoaContextWithOIDC, form: string, error: unknown, options: TenantProviderOptions): Promise<PageAnswer> {
  const code = innerFacts(ctx.req).parameters.get("user_code") ?? "";
  if (error !== undefined) return options.pages.askDeviceCode({ userCode: code, loginHint: "", needsName: false }, deviceFault(error));
  const { provider } = ctx.oidc;
  const device = await provider.DeviceCode.findByUserCode(code.toUpperCase(), { ignoreExpiration: true } as never);
  const application = device === undefined ? undefined : await options.applications.find(device.clientId ?? "");
  if (device === undefined || application === undefined) {
    return options.pages.askDeviceCode({ userCode: code, loginHint: "", needsName: false }, new Fault("aadsts-70018"));
  }
  const action = `/${options.tenant}${ROUTES[options.generation]["code_verification"] ?? ""}`;
  return options.pages.confirmDevice({
    userCode: code,
    displayName: application.displayName,
    action,
    fields: { xsrf: xsrfOf(form), user_code: code },
  });
}

function deviceFault(error: unknown): Fault {
  const { name, message } = error as Error;
  if (isFault(error)) return asRefusal(error);
  if (name === "ExpiredError") return new Fault("aadsts-70019");
  if (name === "AlreadyUsedError") return new Fault("sign-in-finished");
  if (name === "AbortedError") return new Fault("aadsts-65004", { app: "the device" });
  if (name === "NotFoundError" || name === "NoCodeError") return new Fault("aadsts-70018");
  return new Fault("aadsts-70044", { what: message });
}

/** The library hands out its form as text; its one secret is what matters. */
function xsrfOf(form: string): string {
  return /name="xsrf" value="([^"]*)"/.exec(form)?.[1] ?? "";
}

function show(ctx: KoaContextWithOIDC, answer: PageAnswer): void {
  if (answer.status !== undefined) ctx.status = answer.status;
  ctx.set(answer.headers as Record<string, string>);
  ctx.body = answer.body;
}
