/** Commands of whoever runs a service: `up`, `init`, `work`, `backup`, `restore`, `import`. */
import type { Command } from "commander";
import { Option } from "commander";
import { collect, common, examples, wholeNumber, type Action, type Declare } from "./options.ts";

export const declareService: Declare = (program, run) => {
  examples(
    common(program.command("init"))
      .argument("<folder>", "an empty folder for the configuration, the database and the keys")
      .description("set up a service that others can reach: its first tenant and administrator; or a pool on premises")
      .requiredOption("--tenant <domain>", "the tenant's domain, as in contoso.com; of a pool the SIP domain of its people")
      .requiredOption("--admin <name>", "its first administrator: name@domain")
      .requiredOption("--host <name>", "the name under which the service is reached, as in uc.contoso.com")
      .option("--display-name <text>", "the tenant's name for people")
      .option("--password-file <file>", "the administrator's password (or TIELINE_PASSWORD; else it is asked for)")
      .option("--certificate <file>", "the certificate for that name, with those of its authorities behind it (PEM)")
      .option("--key <file>", "its private key (PEM)")
      .option("--self-signed", "an authority of the service's own issues the certificate; clients must trust it")
      .option("--address <address>", "where to listen: 0.0.0.0 for all networks of this machine (default: 127.0.0.1)")
      .option("--https-port <number>", "the port of the service (default: 443)", wholeNumber)
      .option("--http-port <number>", "the port of lyncdiscover over plain http (default: 80)", wholeNumber)
      .option("--no-http", "none of that")
      .option("--database-url <url>", "a PostgreSQL server instead of a file: postgres://user@host/database")
      .option("--database-password-file <file>", "its password (or PGPASSWORD in the environment)")
      .option("--pool", "an on-premises deployment with one pool, which --host names")
      .option("--domain <domain>", "of a pool: its domain of Active Directory, as in contoso.local (default: that of --tenant)")
      .option("--netbios <name>", "of a pool: the domain's short name (default: the first part of --domain)")
      .option("--keytab <file>", "of a pool: keys of HTTP/<host>, for Kerberos")
      .option("--ntlm", "of a pool: NTLM too, where there is no domain controller")
      .action(run(async () => (await import("../commands/init.ts")).init as Action)),
    "tieline init /srv/tieline --tenant contoso.com --admin admin@contoso.com --host uc.contoso.com --certificate uc.pem --key uc.key",
    "tieline init ./trial --tenant contoso.com --admin admin@contoso.com --host uc.contoso.com --self-signed --https-port 8443 --no-http",
    "tieline init /srv/pool --pool --tenant contoso.com --domain contoso.local --admin administrator@contoso.local --host pool01.contoso.local --keytab pool01.keytab --certificate pool01.pem --key pool01.key",
  );
  examples(
    program
      .command("up")
      .description("start a service as its configuration says, or else a lab: two tenants and a pool, on loopback ports, below one folder")
      .option("--config <file>", "the configuration that `tieline init` wrote; the other options are for labs")
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
      .addOption(
        new Option("--break <switch>", "break something on purpose, for tests (docs/diagnosis.md)")
          .argParser(collect)
          .default([])
          .hideHelp(),
      )
      .option("--lifetime-minutes <number>", "a session's longest life", wholeNumber, 60)
      .option("--cmdlets-per-period <number>", "cmdlets an administrator may run in five seconds before he is delayed", wholeNumber, 400)
      .action(run(async () => (await import("../commands/up.ts")).up as Action)),
    "tieline up",
    "tieline up --config /srv/tieline/tieline.json",
    "tieline up --data ./lab --users 10000 --port online-https=8443",
  );

  examples(
    program
      .command("work")
      .description("move the users of a pool's batches, in a process beside the pool: on the PostgreSQL server that both use")
      .requiredOption("--config <file>", "the pool's configuration")
      .option("--moves <number>", "users at the same time (default: hybrid.workers of the configuration)", wholeNumber)
      .action(run(async () => (await import("../commands/work.ts")).work as Action)),
    "tieline work --config /srv/pool/tieline.json",
    "tieline work --config /srv/pool/tieline.json --moves 16",
  );

  const placed = (command: Command): Command =>
    common(command)
      .option("--config <file>", "the service's configuration")
      .option("--data <folder>", "or its data folder (default: the lab's)")
      .option("--database-url <url>", "and its PostgreSQL server, if it has one")
      .option("--database-password-file <file>", "the server's password")
      .option("--passphrase-file <file>", "the backup's passphrase (or TIELINE_BACKUP_PASSPHRASE; else it is asked for)");
  examples(
    placed(program.command("backup"))
      .argument("<file>", "the file to write")
      .description("save a service, also while it runs: databases, keys and configuration in one encrypted file")
      .option("--unencrypted", "no passphrase; then keys are left out")
      .action(run(async () => (await import("../commands/backup.ts")).backup as Action)),
    "tieline backup monday.tieline --config /srv/tieline/tieline.json --passphrase-file /etc/tieline/backup.pass",
  );
  examples(
    placed(program.command("restore"))
      .argument("<file>", "what `tieline backup` wrote")
      .description("bring a stopped service back from a backup")
      .option("--replace", "overwrite what is there; it is saved to the folder backups first")
      .option("--check", "read and check the backup, and change nothing")
      .action(run(async () => (await import("../commands/backup.ts")).restore as Action)),
    "tieline restore monday.tieline --data /srv/tieline --replace",
    "tieline restore monday.tieline --check",
  );
  examples(
    common(program.command("import"))
      .argument("<file>", "a CSV file with the columns of Get-CsOnlineUser | Export-Csv")
      .description("import users into a tenant of a stopped service, or into a pool: all of the file, or nothing")
      .requiredOption("--tenant <domain>", "the tenant, or the deployment, by one of its domains")
      .option("--config <file>", "the configuration of the service or the pool")
      .option("--data <folder>", "or the service's data folder")
      .option("--database-url <url>", "its PostgreSQL server, if it has one")
      .option("--database-password-file <file>", "the server's password")
      .option("--what-if", "check the file and change nothing")
      .action(run(async () => (await import("../commands/import.ts")).importUsers as Action)),
    "tieline import users.csv --tenant contoso.com --what-if",
  );
};
