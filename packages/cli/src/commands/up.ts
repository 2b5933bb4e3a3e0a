/** `tieline up`: a lab, or with a configuration a service that others can reach, until Ctrl-C. */
import { once } from "node:events";
import { databasePassword, defaultDataFolder, readConfiguration, startLab, startService, type PortWishes } from "@tieline/server";
import { Fault } from "@tieline/fault";
import { EXIT } from "../exit-code.ts";
import type { CommonOptions, Surroundings } from "../invocation.ts";
import { labBanner } from "../lab-banner.ts";
import { styleFor } from "../style.ts";

export interface UpOptions extends CommonOptions {
  /** A deployment's configuration file; without it a lab is started. */
  config?: string;
  data?: string;
  users: number;
  port: string[];
  databaseUrl?: string;
  databasePasswordFile?: string;
  shellsPerUser?: number;
  shellsPerTenant?: number;
  lifetimeMinutes?: number;
  cmdletsPerPeriod?: number;
  keytab?: string;
  /** What is broken on purpose. */
  break?: string[];
}

export function startFrom(options: UpOptions, around: Surroundings): ReturnType<typeof startLab> {
  return startLab({
    folder: options.data ?? defaultDataFolder(around.environment),
    users: options.users,
    ports: portsFrom(options.port),
    databaseUrl: options.databaseUrl,
    databasePassword: databasePassword(options.databasePasswordFile, around.environment),
    limits: {
      ...(options.shellsPerUser === undefined ? {} : { perUser: options.shellsPerUser }),
      ...(options.shellsPerTenant === undefined ? {} : { perTenant: options.shellsPerTenant }),
      ...(options.lifetimeMinutes === undefined ? {} : { lifetimeMs: options.lifetimeMinutes * 60_000 }),
      ...(options.cmdletsPerPeriod === undefined ? {} : { budget: { cmdlets: options.cmdletsPerPeriod } }),
    },
    keytab: options.keytab,
    ...(options.break === undefined ? {} : { breaks: options.break }),
    onProgress: (text) => void around.stderr.write(`${text}\n`),
  });
}

export async function up(options: UpOptions, around: Surroundings): Promise<number> {
  if (options.config !== undefined) return serve(options.config, around);
  await using lab = await startFrom(options, around);
  around.stderr.write(labBanner(lab, styleFor(around.stderr, around.environment), lab.folder === defaultDataFolder(around.environment)));
  around.stderr.write("Serving until Ctrl-C.\n");
  if (!around.signal.aborted) await once(around.signal, "abort");
  around.stderr.write("Closing sessions ...\n");
  return EXIT.ok;
}

async function serve(path: string, around: Surroundings): Promise<number> {
  const { stderr, environment, signal } = around;
  const style = styleFor(stderr, environment);
  await using service = await startService({
    configuration: readConfiguration(path),
    environment,
    nowMs: () => Date.now(),
    say: (text) => void stderr.write(`${style.warning("warning")} ${text}\n`),
  });
  const { kind, listen, hosts, monitor } = service.configuration;
  stderr.write(
    `Serving https://${hosts.powershell}/${kind === "online" ? "OcsPowershellOAuth" : "OcsPowershell"} on ${listen.address}:${listen.https}.\n`,
  );
  if (monitor !== null) stderr.write(`Health and metrics: http://${monitor.address}:${service.monitorPort}/\n`);
  for (const warning of service.warnings) stderr.write(`${style.warning("warning")} ${warning}\n`);
  const reload = (): void => service.reload();
  process.on("SIGHUP", reload);
  if (!signal.aborted) await once(signal, "abort");
  process.off("SIGHUP", reload);
  stderr.write(`Closing ${service.sessionCount()} sessions ...\n`);
  return EXIT.ok;
}

function portsFrom(words: readonly string[]): NonNullable<PortWishes["fixed"]> {
  const names = ["online-https", "online-http", "online-ssh", "pool-https", "pool-http", "lab-dns"] as const;
  return Object.fromEntries(
    words.map((word) => {
      const [name = "", port = ""] = word.split("=");
      if (!(names as readonly string[]).includes(name) || !/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
        throw new Fault("usage", {
          what: `"${word}" names no port of a listener.`,
          hint: `Write NAME=PORT with one of the names ${names.join(", ")}.`,
        });
      }
      return [name, Number(port)];
    }),
  );
}
