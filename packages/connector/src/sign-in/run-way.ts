/** Each way to sign in, run: a row a way. */
import type { TokenAnswer } from "@tieline/auth";
import { Fault } from "@tieline/fault";
import { asApplication } from "./application.ts";
import { byBrowser } from "./browser.ts";
import { signingClient } from "./certificate.ts";
import { byDeviceCode } from "./device-code.ts";
import type { SignInMeans, SignInRequest } from "./means.ts";
import { byPassword } from "./password.ts";
import { attendedWay, type SignInWay, type SignInWish } from "./sign-in-wish.ts";
import { workloadClient } from "./workload.ts";

/** Ways to a token of the authority's; the others need none. */
export type TokenWay = Exclude<SignInWay, "token" | "legacy">;

type Run = (request: SignInRequest, wish: SignInWish, means: SignInMeans) => Promise<TokenAnswer>;

const ROWS: Readonly<Record<TokenWay, Run>> = {
  browser: (request, _wish, means) => byBrowser(request, means),
  "device-code": (request, _wish, means) => byDeviceCode(request, means),
  certificate(request, { given }, means) {
    const client = signingClient(given.certificate as NonNullable<typeof given.certificate>);
    means.say(`Certificate thumbprint = '${client.thumbprint}'`);
    return asApplication(() => client)(request, means);
  },
  secret: (request, { given }, means) => asApplication(() => ({ kind: "secret", secret: given.secret?.() ?? "" }))(request, means),
  workload: (request, { given }, means) => asApplication(() => workloadClient(given.federatedTokenFile ?? ""))(request, means),
  password: passwordOrPerson,
};

/** @throws Fault of the way, the authority and the transport; `clock-wrong` where a refusal comes from that */
export async function runWay(way: TokenWay, request: SignInRequest, wish: SignInWish, means: SignInMeans): Promise<TokenAnswer> {
  try {
    return await ROWS[way](request, wish, means);
  } catch (error) {
    throw saysWrongTime(error) ? (means.clock.fault(error) ?? error) : error;
  }
}

/** The second factor is a person's: where one attends, the browser or the device code takes over. */
async function passwordOrPerson(request: SignInRequest, wish: SignInWish, means: SignInMeans): Promise<TokenAnswer> {
  const { user } = request;
  if (user === undefined) throw new Fault("sign-in-incomplete", { way: "password", what: "the name of the account (name@domain)" });
  const password = wish.given.password?.(user) ?? (await means.person.askSecret?.(`Password of ${user}`)) ?? "";
  const outcome = await byPassword({ ...request, user }, password, means);
  if (!("secondFactor" in outcome)) return outcome;
  const { secondFactor } = outcome;
  if (!means.person.attends) {
    const said = secondFactor.said ?? secondFactor.message;
    throw new Fault("sign-in-needs-person", { user, reason: "the account wants a second factor" }, { cause: secondFactor, said });
  }
  const way = attendedWay(means.person);
  means.person.tell(`${user} needs a second factor: going on by ${way === "browser" ? "browser" : "device code"}.`);
  return ROWS[way](request, wish, means);
}

/** Assertions and tokens that an authority finds too old or too new (AADSTS700024 and its like). */
function saysWrongTime(error: unknown): boolean {
  return (
    error instanceof Fault &&
    /not within its valid time|not yet valid|AADSTS70002[47]|AADSTS500133/i.test(`${error.said ?? ""} ${error.message}`)
  );
}
