/** `tieline discover`: the hops as a table, or all that is known of them as data; also where they led nowhere. */
import { discoverDomain, hopsOf, type Discovered, type Hop } from "@tieline/connector";
import { asFault, Fault, isFault } from "@tieline/fault";
import { PsObject, type PsValue } from "@tieline/remoting/objects";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { reportFault } from "../fault-report.ts";
import { formatOf, type ConnectionOptions, type Surroundings } from "../invocation.ts";
import { shortAddress } from "../output/short-address.ts";
import { printerFor } from "../printer-for.ts";
import { styleFor } from "../style.ts";
import { sourceFor } from "./session-source.ts";

export interface DiscoverOptions extends ConnectionOptions {
  overrideDesiredLink?: string;
}

/** One object with `TargetUri`, `Hops` and `Challenge`; as a table or CSV, the hops. */
export async function discover(options: DiscoverOptions, around: Surroundings, domain: string | undefined): Promise<number> {
  const targetDomain = options.overrideAdminDomain ?? domain ?? around.environment["TIELINE_USER"];
  if (targetDomain === undefined || targetDomain === "")
    throw new Fault("usage", { what: "Which domain to discover was not said.", hint: "tieline discover contoso.com" });
  const { dialler } = sourceFor(options, undefined, around).surroundings;
  const question = {
    targetDomain,
    overrideDiscoveryUri: options.overrideDiscoveryUri,
    overrideDesiredLink: options.overrideDesiredLink,
  };
  try {
    const found = await discoverDomain(question, { dialler, signal: around.signal });
    await print(options, around, { domain: found.domain, hops: found.hops, found });
    return EXIT.ok;
  } catch (error) {
    const fault = asFault(error);
    const hops = hopsOf(error);
    // Without a hop nothing was asked: then there is nothing to show.
    if (hops.length === 0) throw error;
    await print(options, around, { domain: targetDomain.replace(/^.*@/, "").toLowerCase(), hops, found: undefined });
    return exitCodeOf(reportFault(fault, around.stderr, options.output, styleFor(around.stderr, around.environment)));
  }
}

interface Result {
  domain: string;
  hops: readonly Hop[];
  found: Discovered | undefined;
}

async function print(options: DiscoverOptions, around: Surroundings, { domain, hops, found }: Result): Promise<void> {
  const printer = printerFor(options, around);
  const format = formatOf(options, around);
  if (options.query !== undefined || !(format === "table" || format === "csv")) {
    await printer.add(
      PsObject.of({
        Domain: domain,
        TargetUri: found?.uri.href ?? null,
        Host: found?.uri.host ?? null,
        Hops: hops.map(hopObject),
        Challenge: found?.challenge === undefined ? null : challengeObject(found.challenge),
      }),
    );
    return printer.end();
  }
  for (const [i, hop] of hops.entries()) {
    const { certificate } = hop;
    await printer.add(
      PsObject.of({
        "#": i + 1,
        Url: format === "table" ? shortAddress(hop.url) : hop.url,
        Status: hop.status ?? null,
        // The next row shows where a link leads, and the last line the endpoint: addresses get the room.
        Found: format === "table" ? (hop.found.split(" -> ")[0] ?? "") : hop.found,
        Ms: hop.durationMs,
        ...(format === "table"
          ? { ValidTo: certificate?.validTo.slice(0, 10) ?? null }
          : { Certificate: certificate === undefined ? null : `${certificate.subject}, to ${certificate.validTo.slice(0, 10)}` }),
      }),
    );
  }
  await printer.end();
  if (found !== undefined && format === "table") around.stdout.write(conclusion(found));
}

function conclusion({ uri, challenge }: Discovered): string {
  const lines = [`\nEndpoint   ${uri.href}`];
  if (isFault(challenge)) lines.push(`Challenge  none: ${challenge.message}`);
  else if (challenge !== undefined) {
    lines.push(`Challenge  ${challenge.schemes.join(", ")}`);
    if (challenge.authorizationUri !== undefined) lines.push(`Authority  ${challenge.authorizationUri.href}`);
    if (challenge.clientId !== undefined) lines.push(`Client id  ${challenge.clientId}`);
    if (challenge.trustedIssuers.length > 0) lines.push(`Issuers    ${challenge.trustedIssuers.join(", ")}`);
  }
  return `${lines.join("\n")}\n`;
}

function hopObject(hop: Hop, i: number): PsObject {
  const { certificate } = hop;
  return PsObject.of({
    Number: i + 1,
    Url: hop.url,
    Status: hop.status ?? null,
    Found: hop.found,
    DurationMs: hop.durationMs,
    Address: hop.address ?? null,
    Fault: hop.fault ?? null,
    Certificate:
      certificate === undefined
        ? null
        : PsObject.of({
            Subject: certificate.subject,
            Issuer: certificate.issuer,
            ValidFrom: certificate.validFrom,
            ValidTo: certificate.validTo,
            Fingerprint: certificate.fingerprint,
          }),
  });
}

function challengeObject(challenge: NonNullable<Discovered["challenge"]>): PsValue {
  if (isFault(challenge)) return PsObject.of({ Error: challenge.code, Message: challenge.message });
  return PsObject.of({
    Schemes: [...challenge.schemes],
    BasicOffered: challenge.basicOffered,
    ClientId: challenge.clientId ?? null,
    AuthorizationUri: challenge.authorizationUri?.href ?? null,
    TrustedIssuers: [...challenge.trustedIssuers],
  });
}
