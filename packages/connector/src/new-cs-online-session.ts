/**
 * `New-CsOnlineSession` as a function, with the parameters of every era of the retired connector. Those that fell out of
 * later versions are still taken; `TargetUri` is another name of `OverridePowerShellUri`.
 *
 *     set              given by
 *     UserName         UserName, or nothing: a person signs in (browser, device code)
 *     Credential       Credential: its password, without a person
 *     OAuthAccessToken OAuthAccessToken: as it is, after a look at its audience and times
 */
import { Fault } from "@tieline/fault";
import { withSessionOption } from "./dialler-options.ts";
import { sessionOptionOf, type PSSessionOption } from "./session-option.ts";
import { openConnection, type Connection, type Surroundings } from "./connect.ts";
import type { SignInWish } from "./sign-in/sign-in-wish.ts";
import type { Wish } from "./stage.ts";
import { discoveryUriOf } from "./teams-environments.ts";

export interface NewCsOnlineSessionParameters {
  UserName?: string;
  Credential?: { UserName: string; Password: string };
  OAuthAccessToken?: string;
  /** The domain to admin, where it is not the user's. */
  OverrideAdminDomain?: string;
  /** Where discovery begins. */
  OverrideDiscoveryUri?: string | URL;
  /** The endpoint itself; skips discovery. */
  OverridePowerShellUri?: string | URL;
  /** The same. */
  TargetUri?: string | URL;
  /** What the token is for, where it is not the endpoint's address. */
  OverrideAccessTokenResourceUri?: string | URL;
  /** What New-PSSessionOption made; its proxies hold for all stages, not for the last alone. */
  SessionOption?: PSSessionOption;
  /** `TeamsGCCH`, `TeamsDOD`, `TeamsChina`: where discovery begins in another cloud. */
  TeamsEnvironmentName?: string;
}

/** Everything beside the parameters: the dialler (whose proxies SessionOption overrides), the person, the cache of tokens. */
export interface NewCsOnlineSessionSurroundings extends Surroundings {
  signIn: Omit<SignInWish, "given" | "resource"> & Partial<Pick<SignInWish, "given">>;
  /** For the proxies of SessionOption; default: this process's. */
  environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Opens the session; the stages' words go to `surroundings.say`.
 *
 * @throws Fault with `stage` set to the stage's words; `usage` for parameters of several sets
 * @example
 * ```ts
 * const { session } = await newCsOnlineSession({ UserName: "admin@contoso.com" }, { dialler, signIn: { person, cache } });
 * ```
 */
export async function newCsOnlineSession(
  parameters: NewCsOnlineSessionParameters,
  surroundings: NewCsOnlineSessionSurroundings,
): Promise<Connection> {
  const wish = wishOf(parameters, surroundings.signIn);
  if (wish.sessionOption === undefined) return openConnection(wish, surroundings);
  const dialler = withSessionOption(surroundings.dialler, wish.sessionOption, surroundings.environment ?? process.env);
  return openConnection(wish, { ...surroundings, dialler });
}

/** The wish that the parameters come to. @throws Fault `usage`, `session-option-refused` */
export function wishOf(parameters: NewCsOnlineSessionParameters, signIn: NewCsOnlineSessionSurroundings["signIn"]): Wish {
  const { UserName, Credential, OAuthAccessToken, TeamsEnvironmentName } = parameters;
  refuseMixed(parameters);
  const user = Credential?.UserName ?? UserName;
  const target = parameters.OverridePowerShellUri ?? parameters.TargetUri;
  const discovery =
    parameters.OverrideDiscoveryUri ?? (TeamsEnvironmentName === undefined ? undefined : discoveryUriOf(TeamsEnvironmentName));
  const password = Credential?.Password;
  return {
    authentication: "default",
    ...(parameters.SessionOption === undefined ? {} : { sessionOption: sessionOptionOf(parameters.SessionOption) }),
    ...(user === undefined ? {} : { user }),
    ...(parameters.OverrideAdminDomain === undefined ? {} : { overrideAdminDomain: parameters.OverrideAdminDomain }),
    ...(target === undefined ? {} : { targetUri: String(target) }),
    ...(discovery === undefined ? {} : { overrideDiscoveryUri: String(discovery) }),
    credential: async () => {
      if (OAuthAccessToken !== undefined) return { kind: "token", token: OAuthAccessToken };
      if (user === undefined) return { kind: "ambient" };
      const asked = password ?? (await signIn.person.askSecret?.(`Password of ${user}`));
      if (asked === undefined) throw new Fault("password-missing", { user });
      return { kind: "password", user, password: asked };
    },
    signIn: {
      ...signIn,
      given: {
        ...signIn.given,
        ...(OAuthAccessToken === undefined ? {} : { token: OAuthAccessToken }),
        ...(password === undefined ? {} : { password: () => password }),
      },
      ...(parameters.OverrideAccessTokenResourceUri === undefined ? {} : { resource: String(parameters.OverrideAccessTokenResourceUri) }),
    },
  };
}

function refuseMixed(parameters: NewCsOnlineSessionParameters): void {
  const sets = (["UserName", "Credential", "OAuthAccessToken"] as const).filter((name) => parameters[name] !== undefined);
  // A token says by itself whose it is, yet its owner may be named beside it, for the domain to admin.
  const isMixed = sets.includes("Credential") && sets.length > 1;
  const twice = parameters.OverridePowerShellUri !== undefined && parameters.TargetUri !== undefined;
  if (!isMixed && !twice) return;
  throw new Fault("usage", {
    what: "Parameter set cannot be resolved using the specified named parameters.",
    hint: twice ? "Give OverridePowerShellUri or TargetUri." : "Give one of UserName, Credential and OAuthAccessToken.",
  });
}
