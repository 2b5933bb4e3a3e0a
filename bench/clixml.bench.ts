/**
 * CLIXML: objects of 60 properties, read and written; beside pypsrp and PowerShell's own serialiser where they are.
 *
 * `TIELINE_PYPSRP_PYTHON` names a Python that has pypsrp, `TIELINE_PWSH` a PowerShell; what is not there is skipped aloud.
 * The same documents go to all. Times are the best of three, in one process, after a short warm-up.
 */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { deserialize, Deserializer, encode, readStream, serializeDocument, writeValues } from "@tieline/remoting/clixml";
import { DateTime, Double, Guid, PsDictionary, PsList, PsObject, type PsValue, TimeSpan, Version } from "@tieline/remoting/objects";

const OBJECTS = 10_000;
const STREAMED = 100_000;
const USER = ["Microsoft.Rtc.Management.ADConnect.Schema.OCSADUser", "System.Object"];
const IDENTITY = ["Microsoft.Rtc.Management.AD.ADObjectId", "System.Object"];
const LIST = ["System.Collections.Generic.List`1[[System.String]]", "System.Object"];

/** One user of 60 properties: text mostly, as the cmdlets give it, with numbers, dates, truth values and nothing between. */
export function flat(index: number): PsObject {
  const object = new PsObject({ typeNames: USER, text: `CN=User ${index},OU=People,DC=contoso,DC=com` });
  for (let property = 0; property < 60; property++) object.set(`Property${property}`, scalar(index, property), "adapted");
  return object;
}

function scalar(index: number, property: number): PsValue {
  switch (property % 12) {
    case 0:
      return `User ${index} of department ${property}`;
    case 1:
      return index * 60 + property;
    case 2:
      return index % 2 === 0;
    case 3:
      return DateTime.fromDate(new Date(1_500_000_000_000 + index * 86_000 + property));
    case 4:
      return null;
    case 5:
      return BigInt(index) * 4_294_967_296n;
    case 6:
      return new Guid(`6f9619ff-8b86-d011-b42d-${(index * 60 + property).toString(16).padStart(12, "0")}`);
    case 7:
      return new Double(index / 7);
    case 8:
      return `sip:user${index}@contoso.com`;
    case 9:
      return `R&D <${index}>`;
    case 10:
      return "Enabled";
    default:
      return new TimeSpan(BigInt(index) * 10_000_000n);
  }
}

/** The same number of values, a third of them in lists, dictionaries and objects within. */
export function nested(index: number): PsObject {
  const object = new PsObject({ typeNames: USER });
  for (let property = 0; property < 40; property++) object.set(`Property${property}`, scalar(index, property));
  object.set(
    "Addresses",
    new PsObject({ typeNames: LIST, base: new PsList([`sip:${index}@contoso.com`, `tel:+4930${index}`, "smtp:a@b"]) }),
  );
  object.set("Identity", PsObject.of({ Name: `User ${index}`, Depth: 4, Parent: "OU=People" }, IDENTITY));
  object.set("Policies", PsDictionary.of({ Voice: "Global", Client: `Tag:${index % 10}`, Mobility: null }));
  object.set(
    "Pool",
    PsObject.of({ Fqdn: "pool01.contoso.local", Version: new Version("7.0.2046"), Site: PsObject.of({ Id: index % 5, Name: "Berlin" }) }),
  );
  return object;
}

interface Row {
  what: string;
  seconds: number;
  objects: number;
  megabytes: number;
  peer?: string;
}

function best(times: number, work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    work();
    least = Math.min(least, (performance.now() - began) / 1000);
  }
  return least;
}

function measure(kind: string, values: readonly PsValue[], messages: readonly Uint8Array[]): Row[] {
  const document = serializeDocument(values, { depth: 4 });
  const megabytes = Buffer.byteLength(document) / 1e6;
  const bytes = new TextEncoder().encode(document);
  return [
    {
      what: `write ${kind}`,
      objects: values.length,
      megabytes,
      seconds: best(3, () => {
        for (const value of values) encode(value, { depth: 4 });
      }),
    },
    {
      what: `read ${kind}, one document`,
      objects: values.length,
      megabytes,
      seconds: best(3, () => deserialize(bytes, { maxElements: 10_000_000 })),
    },
    {
      what: `read ${kind}, a message each`,
      objects: values.length,
      megabytes: messages.reduce((sum, message) => sum + message.length, 0) / 1e6,
      seconds: best(3, () => {
        const session = new Deserializer();
        for (const message of messages) session.read(message);
      }),
    },
  ];
}

function* users(count: number): Generator<PsValue, void, void> {
  for (let index = 0; index < count; index++) yield flat(index);
}

function writeFile(path: string): Row {
  const file = openSync(path, "w");
  let bytes = 0;
  const began = performance.now();
  for (const chunk of writeValues(users(STREAMED))) bytes += writeSync(file, chunk);
  closeSync(file);
  return { what: "write a file as a stream", objects: STREAMED, megabytes: bytes / 1e6, seconds: (performance.now() - began) / 1000 };
}

/** Resident memory is a process's own, so this runs in one that does nothing else. */
async function readFile(path: string): Promise<Row & { peak: number }> {
  let objects = 0;
  let peak = 0;
  const began = performance.now();
  for await (const value of readStream(createReadStream(path))) {
    if (value instanceof PsObject) objects++;
    if (objects % 500 === 0) peak = Math.max(peak, process.memoryUsage.rss());
  }
  const seconds = (performance.now() - began) / 1000;
  return { what: "read a file as a stream", objects, megabytes: statSync(path).size / 1e6, seconds, peak };
}

const PYTHON = `
import sys, time
import xml.etree.ElementTree as ET
from pypsrp.serializer import Serializer
text = open(sys.argv[1], encoding='utf-8').read()
lines = text.split('\\n')
began = time.perf_counter()
values = []
for line in lines:
    values.append(Serializer().deserialize(line))
print('read', time.perf_counter() - began)
began = time.perf_counter()
for value in values:
    ET.tostring(Serializer().serialize(value))
print('write', time.perf_counter() - began)
`;

const POWERSHELL = `
$text = [IO.File]::ReadAllText($args[0])
$null = [Management.Automation.PSSerializer]::Deserialize($text.Substring(0, $text.IndexOf('<Obj')) + '</Objs>')
$read = [double]::MaxValue; $write = [double]::MaxValue
foreach ($i in 1..3) {
  $w = [Diagnostics.Stopwatch]::StartNew(); $values = [Management.Automation.PSSerializer]::Deserialize($text); $read = [math]::Min($read, $w.Elapsed.TotalSeconds)
  $w = [Diagnostics.Stopwatch]::StartNew(); $null = [Management.Automation.PSSerializer]::Serialize($values, 4); $write = [math]::Min($write, $w.Elapsed.TotalSeconds)
}
"read $($read.ToString([cultureinfo]::InvariantCulture))"
"write $($write.ToString([cultureinfo]::InvariantCulture))"
`;

/** Seconds that a peer took for the same values, or undefined where it failed. */
function peer(command: string, args: readonly string[]): { read: number; write: number } | undefined {
  const run = spawnSync(command, args, { encoding: "utf8", timeout: 600_000, maxBuffer: 1 << 24 });
  const read = /^read ([0-9.eE-]+)/m.exec(run.stdout ?? "");
  const write = /^write ([0-9.eE-]+)/m.exec(run.stdout ?? "");
  if (read === null || write === null) {
    console.log(`  ${command} failed: ${(run.stderr ?? String(run.error)).trim().split("\n").at(-1) ?? ""}`);
    return undefined;
  }
  return { read: Number(read[1]), write: Number(write[1]) };
}

const two = (value: number): string => value.toFixed(2);

/** Prints the table. */
export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tieline-bench-"));
  try {
    const rows: Row[] = [];
    for (const [kind, make] of [
      ["flat", flat],
      ["nested", nested],
    ] as const) {
      const values = Array.from({ length: OBJECTS }, (_, index) => make(index));
      const messages = values.map((value) => encode(value, { depth: 4 }));
      const ours = measure(kind, values, messages);
      rows.push(...ours);
      const whole = join(folder, `${kind}.clixml`);
      const lines = join(folder, `${kind}.lines`);
      writeFileSync(whole, serializeDocument(values, { depth: 4 }));
      writeFileSync(lines, messages.map((message) => Buffer.from(message).toString()).join("\n"));
      for (const [name, variable, script, file] of [
        ["pypsrp", "TIELINE_PYPSRP_PYTHON", PYTHON, lines],
        ["PowerShell", "TIELINE_PWSH", POWERSHELL, whole],
      ] as const) {
        const command = process.env[variable];
        if (command === undefined) {
          console.log(`skipped: ${name} (${variable} is not set)`);
          continue;
        }
        const path = join(folder, name === "pypsrp" ? "peer.py" : "peer.ps1");
        writeFileSync(path, script);
        const seconds = peer(command, name === "pypsrp" ? [path, file] : ["-NoProfile", "-File", path, file]);
        if (seconds === undefined) continue;
        rows.push({ what: `read ${kind}, ${name}`, seconds: seconds.read, objects: OBJECTS, megabytes: ours[1]?.megabytes ?? 0 });
        rows.push({ what: `write ${kind}, ${name}`, seconds: seconds.write, objects: OBJECTS, megabytes: ours[0]?.megabytes ?? 0 });
        const reading = ours[name === "pypsrp" ? 2 : 1] as Row;
        const writing = ours[0] as Row;
        reading.peer = `${reading.peer ?? ""} ${two(seconds.read / reading.seconds)} x ${name}`;
        writing.peer = `${writing.peer ?? ""} ${two(seconds.write / writing.seconds)} x ${name}`;
      }
    }
    for (const row of rows) print(row);
    const path = join(folder, "stream.clixml");
    print(writeFile(path));
    console.log(await inOwnProcess(path));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(row: Row): void {
  const rate = Math.round(row.objects / row.seconds).toLocaleString("en");
  console.log(
    `${row.what.padEnd(32)} ${two(row.seconds).padStart(7)} s ${rate.padStart(9)} objects/s ${(row.megabytes / row.seconds).toFixed(1).padStart(7)} MB/s ${row.peer ?? ""}`,
  );
}

function inOwnProcess(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, import.meta.filename, "--read", path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
    child.on("error", reject).on("close", () => resolve(text.trimEnd()));
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const path = process.argv[2] === "--read" ? process.argv[3] : undefined;
  if (path === undefined) await run();
  else {
    const row = await readFile(path);
    print({ ...row, peer: `peak ${Math.round(row.peak / 1e6)} MB resident` });
  }
}
