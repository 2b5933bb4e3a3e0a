/** What the five cmdlets of a family have in common: names, roles, neighbours, the default view, parameters. */
import type { Example, ParameterDeclaration, View } from "@tieline/language";
import { rolesFor } from "../../directory/index.ts";
import type { PolicyFamily } from "./policy-families.ts";

const VERBS = ["Get", "New", "Set", "Remove", "Grant"] as const;
export type PolicyVerb = (typeof VERBS)[number];

export const FORCE = {
  type: "switch",
  help: "Does not ask, and does it even where the policy is in use.",
} as const satisfies ParameterDeclaration;

export function nounOf(family: PolicyFamily): string {
  return `Cs${family.family}`;
}

/** The part of a declaration that follows from verb and noun. */
export function described(family: PolicyFamily, verb: PolicyVerb): { name: string; roles: string[]; related: string[] } {
  const name = (each: PolicyVerb): string => `${each}-${nounOf(family)}`;
  return {
    name: name(verb),
    roles: [...rolesFor(name(verb), "online"), ...rolesFor(name(verb), "pool")],
    related: VERBS.filter((each) => each !== verb).map(name),
  };
}

export function example(code: string, remarks: string): Example {
  return { code, remarks };
}

/** A setting with a value, as the examples show it. */
export function exampleSetting({ example: { setting, value } }: PolicyFamily): string {
  return `-${setting} ${value}`;
}

/** For the texts of refusals. */
export function naming(family: PolicyFamily, identity: string): { family: string; identity: string } {
  return { family: family.family, identity };
}

/** All settings, in their own order; that it is a list is ours. */
export function viewOf(family: PolicyFamily): View {
  return { kind: "list", columns: ["Identity", ...family.settings.map((setting) => setting.name)].map((property) => ({ property })) };
}
