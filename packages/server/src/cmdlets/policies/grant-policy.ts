/** Grants a policy to users: Grant-Cs<Family>. */
import { textOf, type Cmdlet, type ParameterDeclaration } from "@tieline/language";
import { GLOBAL, type UserRecord, type Users } from "../../directory/index.ts";
import { changeUser, USER_OUTPUT } from "../changed-user.ts";
import { DOMAIN_CONTROLLER, PASS_THRU, TENANT, USER } from "../parameter-types.ts";
import { refuse } from "../refusals.ts";
import { checkTenant, cmdlet, mine, tenantOf } from "../session.ts";
import { oneEnabledUser } from "../user-lookup.ts";
import { findPolicy } from "./policy.ts";
import type { PolicyFamily } from "./policy-families.ts";
import { described, example, naming, nounOf } from "./policy-words.ts";

export function grantPolicy(family: PolicyFamily): Cmdlet {
  const noun = nounOf(family);
  return cmdlet({
    ...described(family, "Grant"),
    synopsis: `Grants users a policy that decides ${family.about}.`,
    description: "A grant to the user itself goes before the Global policy. $null takes the grant away.",
    examples: [
      example(`Grant-${noun} -Identity alice@contoso.com -PolicyName Sales`, "Grants the policy to one user."),
      example(
        `Get-CsOnlineUser -Filter {Department -eq "Sales"} | Grant-${noun} -PolicyName Sales`,
        "Grants it to all users of a department.",
      ),
      example(`Grant-${noun} -Identity alice@contoso.com -PolicyName $null`, "Takes the grant away."),
    ],
    output: USER_OUTPUT,
    supportsShouldProcess: true,
    ...(family.hasTenantGrant ? { defaultSet: "Identity" } : {}),
    parameters: {
      Identity: {
        ...USER,
        ...(family.hasTenantGrant ? { sets: ["Identity"] } : {}),
      },
      PolicyName: {
        type: "string",
        mandatory: true,
        position: 1,
        allowNull: true,
        allowEmptyString: true,
        help: "The policy's name, with or without Tag: before it; $null takes the grant away.",
        ...(family.hasTenantGrant ? { sets: { Identity: {}, GrantToTenant: { position: 0 } } } : {}),
      },
      ...(family.hasTenantGrant
        ? { Global: { type: "switch", sets: ["GrantToTenant"], help: "Grants it to the tenant as a whole." } }
        : {}),
      DomainController: DOMAIN_CONTROLLER,
      PassThru: PASS_THRU,
      Tenant: TENANT,
    } as Readonly<Record<string, ParameterDeclaration>>,
    async process(args, context) {
      checkTenant(context, args["Tenant"] as { text: string } | null | undefined);
      const named = textOf(args["PolicyName"] ?? null).trim();
      const policy =
        named === ""
          ? null
          : ((await findPolicy(context, family, named)) ?? context.fail(refuse("policy-not-found", naming(family, named), named)));
      const nowMs = context.session.nowMs();
      const name = policy === null ? null : policy.name;
      if (context.parameterSet === "GrantToTenant") {
        if (await context.shouldProcess(context.session.tenantId)) {
          await mine(context).policies.setTenantGrant(family.family, name === GLOBAL ? null : name, nowMs);
        }
        return;
      }
      if (name === GLOBAL) context.fail(refuse("policy-global-grant", naming(family, named), named));
      const tenant = await tenantOf(context);
      const user = await oneEnabledUser(context, textOf(args["Identity"] ?? null), tenant);
      if (user === undefined || !(await context.shouldProcess(user.userPrincipalName))) return;
      const grant = async (before: UserRecord, users: Users): Promise<UserRecord> => {
        await users.setPolicy(before.objectId, family.family, name, nowMs);
        return (await users.get(before.objectId)) ?? before;
      };
      await changeUser(context, user, grant, args["PassThru"] === true);
    },
  });
}
