/**
 * The configuration file of a deployment: JSON, every value with its default and its limits. Paths are relative to the
 * file. A value that is not understood is refused by name, never ignored.
 */
import { dirname, resolve } from "node:path";
import { Fault } from "@tieline/fault";
import { z } from "zod";
import type { ServiceHosts } from "../online-services.ts";
import { readTextFile } from "../text-file.ts";
import { Host, Path, Port } from "./configuration-values.ts";
import { contradictions, placed, POOL_PARTS } from "./pool-configuration.ts";

const Shape = z.strictObject({
  $schema: z.string().optional(),
  /** `online`: the service with its tenants; `pool`: an on-premises deployment. */
  kind: z.enum(["online", "pool"]).default("online"),
  /** Where databases, keys and logs are kept. */
  data: Path.default("."),
  /** The name under which everything is reached that has no name of its own below. */
  host: Host,
  hosts: z.strictObject({ powershell: Host.optional(), discovery: Host.optional(), login: Host.optional() }).default({}),
  listen: z
    .strictObject({
      address: z.string().min(1).default("127.0.0.1"),
      https: Port.default(443),
      /** Lyncdiscover over plain http, which only leads to https; null for none. A pool's remote PowerShell is there too, sealed. */
      http: Port.nullable().default(80),
      /** Remote PowerShell over SSH; null for none. */
      ssh: Port.nullable().default(null),
    })
    .prefault({}),
  tls: z.strictObject({
    /** PEM: the certificate, with those of its authorities behind it. */
    certificate: Path,
    /** PEM, without a passphrase, for its owner alone. */
    key: Path,
    /** PEM files: whose client certificates sign in. */
    clientAuthorities: z.array(Path).default([]),
    /** 1.3 shuts PowerShell's client off Windows out (docs/endpoint.md). */
    maxVersion: z.enum(["TLSv1.2", "TLSv1.3"]).default("TLSv1.2"),
    /** A certificate that lapses within so many days is warned of. */
    warnDays: z.number().int().min(1).max(365).default(30),
  }),
  /** PostgreSQL instead of a file in the data folder. */
  database: z.strictObject({ url: z.string().min(1), passwordFile: Path.optional() }).optional(),
  /** Mechanisms that are off unless switched on. */
  legacy: z
    .strictObject({
      basic: z.boolean().default(false),
      /** At a pool, for whoever has no Kerberos. */
      ntlm: z.boolean().default(false),
    })
    .prefault({}),
  limits: z
    .strictObject({
      shellsPerUser: z.number().int().min(1).max(1000).default(3),
      shellsPerTenant: z.number().int().min(1).max(100_000).default(20),
      lifetimeMinutes: z.number().int().min(1).max(1440).default(60),
      /** Passwords that are hashed at once: fewer than the runtime has threads (UV_THREADPOOL_SIZE, 4), or sign-ins keep sessions waiting. */
      hashesAtOnce: z.number().int().min(1).max(64).default(2),
      /** Sign-ins that wait for that; whoever comes then is refused with 503. */
      hashesWaiting: z.number().int().min(0).max(10_000).default(256),
      /** An address from which an account signed in is known so long: guesses from elsewhere lock only elsewhere; 0 for never. */
      knownSourceDays: z.number().int().min(0).max(365).default(30),
      /** Wrong passwords, in a row, after which an account or an address is locked; 0 for never. */
      guessesPerAccount: z.number().int().min(0).max(1000).default(10),
      guessesPerAddress: z.number().int().min(0).max(100_000).default(100),
      /** How long such a lock lasts. */
      lockMinutes: z.number().int().min(1).max(1440).default(15),
      /** What an account may use of the service's time; null for as much as it likes. */
      budget: z
        .strictObject({
          cmdlets: z.number().int().min(1).max(1_000_000).default(400),
          destructive: z.number().int().min(1).max(1_000_000).default(120),
          periodSeconds: z.number().int().min(1).max(3600).default(5),
          rechargeMs: z.number().int().min(1000).max(36_000_000).default(2_160_000),
          cutoffMs: z.number().int().min(1000).max(36_000_000).default(3_000_000),
          longestDelayMs: z.number().int().min(0).max(600_000).default(40_000),
        })
        .nullable()
        .prefault({}),
    })
    .prefault({}),
  /** How identity providers are asked that domains are federated with. */
  federation: z
    .strictObject({
      /** PEM files: whose certificates of providers are trusted, beside those that the runtime trusts. */
      authorities: z.array(Path).default([]),
      /** For one question to a provider. */
      timeoutSeconds: z.number().int().min(1).max(60).default(10),
    })
    .prefault({}),
  /** Health and metrics, on an address of their own; null for none. */
  monitor: z
    .strictObject({ address: z.string().min(1).default("127.0.0.1"), port: Port.default(9464) })
    .nullable()
    .prefault({}),
  /** Where the log goes: a file of the data folder, or stdout for a service manager. */
  log: z.enum(["file", "stdout"]).default("file"),
  ...POOL_PARTS,
});

/** With what no value says by itself. */
const Whole = Shape.superRefine((value, context) => {
  const signsIn = { ...value.legacy, certificates: value.tls.clientAuthorities.length > 0 };
  for (const { path, problem } of contradictions(value.kind, value, signsIn))
    context.addIssue({ code: "custom", path: path.split("."), message: problem });
});

/** Paths absolute, names filled in. */
export type Configuration = Omit<z.infer<typeof Shape>, "hosts" | "$schema"> & {
  hosts: ServiceHosts;
};

/** What may be written down; the rest is filled in. */
export type ConfigurationText = z.input<typeof Shape>;

/** @throws Fault `file-unreadable`, `configuration-invalid` with each value that is wrong */
export function readConfiguration(path: string): Configuration {
  return parseConfiguration(readTextFile(path), path);
}

/** @throws Fault `configuration-invalid` */
export function parseConfiguration(text: string, path: string): Configuration {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new Fault("configuration-invalid", { path, problems: (error as Error).message }, { cause: error });
  }
  const parsed = Whole.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the whole"}: ${issue.message}`).join("; ");
    throw new Fault("configuration-invalid", { path, problems });
  }
  const { $schema: _, ...found } = parsed.data;
  const whole = (each: string): string => resolve(dirname(resolve(path)), each);
  return {
    ...found,
    ...placed(found, whole),
    data: whole(found.data),
    hosts: {
      powershell: found.hosts.powershell ?? found.host,
      discovery: found.hosts.discovery ?? found.host,
      login: found.hosts.login ?? found.host,
    },
    tls: {
      ...found.tls,
      certificate: whole(found.tls.certificate),
      key: whole(found.tls.key),
      clientAuthorities: found.tls.clientAuthorities.map(whole),
    },
    federation: { ...found.federation, authorities: found.federation.authorities.map(whole) },
    ...(found.database === undefined
      ? {}
      : {
          database: {
            url: found.database.url,
            ...(found.database.passwordFile === undefined ? {} : { passwordFile: whole(found.database.passwordFile) }),
          },
        }),
  };
}

/** For editors that complete and check the file as it is written. */
export function configurationSchema(): unknown {
  return z.toJSONSchema(Shape, { io: "input", unrepresentable: "any" });
}
