/** Commands of whoever runs a service: `up`, `import`. */
import { collect, common, examples, wholeNumber, type Action, type Declare } from "./options.ts";

export const declareService: Declare = (program, run) => {
  examples(
    program
      .command("up")
      .description("start a lab: a service with two tenants and a pool, on loopback ports, below one data folder")
      .option("--data <folder>", "where everything of the lab is kept (default: the user's data folder)")
      .option("--users <number>", "people of the first tenant, made up when the lab is new", wholeNumber, 40)
      .option(
        "--port <name=port>",
        "a port for a listener: online-https, online-http, online-ssh, pool-https, pool-http, lab-dns",
        collect,
        [],
      )
      .option("--database-url <url>", "a PostgreSQL server instead of the file: postgres://user@host/database")
      .option("--database-password-file <file>", "its password (or PGPASSWORD in the environment)")
      .option("--shells-per-user <number>", "sessions an administrator may hold", wholeNumber, 3)
      .option("--shells-per-tenant <number>", "sessions a tenant may hold", wholeNumber, 20)
      .option("--keytab <file>", "keys of HTTP/pool01.contoso.local, for Kerberos at the pool")
      .option("--lifetime-minutes <number>", "a session's longest life", wholeNumber, 60)
      .action(run(async () => (await import("../commands/up.ts")).up as Action)),
    "tieline up",
    "tieline up --data ./lab --users 10000 --port online-https=8443",
  );

  examples(
    common(program.command("import"))
      .argument("<file>", "a CSV file with the columns of Get-CsOnlineUser | Export-Csv")
      .description("import users into a tenant of a stopped service: all of the file, or nothing")
      .requiredOption("--tenant <domain>", "the tenant, by one of its domains")
      .option("--data <folder>", "the service's data folder")
      .option("--database-url <url>", "its PostgreSQL server, if it has one")
      .option("--database-password-file <file>", "the server's password")
      .option("--what-if", "check the file and change nothing")
      .action(run(async () => (await import("../commands/import.ts")).importUsers as Action)),
    "tieline import users.csv --tenant contoso.com --what-if",
  );
};
