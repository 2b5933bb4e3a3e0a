/** Commands for accounts that stay signed in: `account`. */
import { common, examples, type Action, type Declare } from "./options.ts";

export const declareAccount: Declare = (program, run) => {
  const account = program.command("account").description("accounts that are signed in on this machine");
  const profile = ["--profile <name>", "whose default account is meant (or TIELINE_PROFILE)"] as const;
  const tenant = ["--tenant <id>", "the tenant, where the account is signed in to several: a domain or its id"] as const;

  examples(
    common(account.command("list"))
      .description("list them, with the default one of the profile")
      .option(...profile)
      .action(run(async () => (await import("../commands/account.ts")).list as Action)),
    "tieline account list",
  );
  examples(
    common(account.command("show").argument("[account]", "name@domain; the default one where left out"))
      .description("what is kept of one: tenant, authority, and how long its tokens are good")
      .option(...profile)
      .option(...tenant)
      .action(run(async () => (await import("../commands/account.ts")).show as Action)),
    "tieline account show admin@contoso.com",
  );
  examples(
    common(account.command("switch").argument("<account>", "name@domain"))
      .description("make it the account that signs in where none is named")
      .option(...profile)
      .option(...tenant)
      .action(run(async () => (await import("../commands/account.ts")).switchTo as Action)),
    "tieline account switch admin@fabrikam.com",
    "tieline account switch admin@fabrikam.com --profile customers",
  );
  examples(
    common(account.command("remove").argument("[account]", "name@domain"))
      .description("forget an account's tokens on this machine")
      .option("--all", "forget all accounts, also in a cache that does not open")
      .option(...tenant)
      .action(run(async () => (await import("../commands/account.ts")).remove as Action)),
    "tieline account remove admin@contoso.com",
    "tieline account remove --all",
  );
};
