/** The ways to sign in as the help lists them: written out, so that help is printed without loading the connector. */
import type { SignInWay } from "@tieline/connector";

export const SIGN_IN_WAYS = [
  "browser",
  "device-code",
  "certificate",
  "secret",
  "password",
  "legacy",
  "token",
  "workload",
] as const satisfies readonly SignInWay[];
