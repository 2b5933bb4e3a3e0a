/** stunnel as a TLS front that leaves out its intermediate authority: the diagnosis names what is missing. Needs stunnel and openssl. */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./child.ts";
import { cases, type Driver } from "./driver.ts";

const HOST = "front.contoso.com";
const INTERMEDIATE = "Front intermediate authority";
const BIN = fileURLToPath(new URL("../packages/cli/src/bin.ts", import.meta.url));

const missing = (program: string): boolean => spawnSync(program, ["-version"]).error !== undefined;

export const driver: Driver = {
  name: "stunnel without its intermediate",
  needs: () => {
    if (missing("openssl")) return "no openssl";
    return missing("stunnel") ? "no stunnel (Debian: stunnel4)" : undefined;
  },
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "tieline-stunnel-"));
    const behind = createServer((_request, response) => response.writeHead(401, { "www-authenticate": "Negotiate" }).end());
    behind.listen(0, "127.0.0.1");
    await once(behind, "listening");
    const { port } = behind.address() as { port: number };
    try {
      makeChain(folder);
      const leaf = readFileSync(join(folder, "leaf.crt"), "utf8");
      const whole = leaf + readFileSync(join(folder, "intermediate.crt"), "utf8");
      return await cases([
        [
          "the missing certificate is named, with where it can be had, and is the worst finding",
          async () => {
            await using front = await startFront(folder, leaf, port);
            const { code, findings } = await doctor(folder, front.port);
            const tls = findings.find((each) => each.check === "tls");
            assert.equal(tls?.verdict, "error", JSON.stringify(findings));
            assert.match(JSON.stringify(tls), new RegExp(INTERMEDIATE));
            assert.match(JSON.stringify(tls), /http:\/\/front\.contoso\.com\/intermediate\.crt/);
            assert.equal(code, 6);
          },
        ],
        [
          "with it, the layer is whole",
          async () => {
            await using front = await startFront(folder, whole, port);
            const { findings } = await doctor(folder, front.port);
            assert.equal(findings.find((each) => each.check === "tls")?.verdict, "ok", JSON.stringify(findings));
          },
        ],
      ]);
    } finally {
      behind.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** A root, an intermediate and a leaf that says where its issuer's certificate is. */
function makeChain(folder: string): void {
  const openssl = (...words: string[]): void => void execFileSync("openssl", words, { cwd: folder, stdio: "ignore" });
  const request = (name: string, subject: string): void =>
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", subject);
  openssl(
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    "root.key",
    "-out",
    "root.crt",
    "-days",
    "30",
    "-subj",
    "/CN=Front root",
  );
  const sign = (name: string, by: string, extensions: string): void => {
    writeFileSync(join(folder, "ext.cnf"), extensions);
    const words = ["x509", "-req", "-in", `${name}.csr`, "-CA", `${by}.crt`, "-CAkey", `${by}.key`, "-CAcreateserial"];
    openssl(...words, "-out", `${name}.crt`, "-days", "90", "-extfile", "ext.cnf");
  };
  request("intermediate", `/CN=${INTERMEDIATE}`);
  sign("intermediate", "root", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n");
  request("leaf", `/CN=${HOST}`);
  sign("leaf", "intermediate", `subjectAltName=DNS:${HOST}\nauthorityInfoAccess=caIssuers;URI:http://${HOST}/intermediate.crt\n`);
}

async function startFront(folder: string, chain: string, behind: number): Promise<AsyncDisposable & { port: number }> {
  const port = await freePort();
  const log = join(folder, "stunnel.log");
  writeFileSync(join(folder, "chain.pem"), chain);
  appendFileSync(log, "");
  writeFileSync(
    join(folder, "stunnel.conf"),
    `foreground = yes\npid =\noutput = ${log}\n[front]\naccept = 127.0.0.1:${port}\nconnect = 127.0.0.1:${behind}\ncert = ${join(folder, "chain.pem")}\nkey = ${join(folder, "leaf.key")}\n`,
  );
  const child: ChildProcess = spawn("stunnel", [join(folder, "stunnel.conf")], { stdio: "ignore" });
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries > 100 || child.exitCode !== null) throw new Error(`stunnel does not listen: ${readFileSync(log, "utf8").slice(-500)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    }).on("error", () => resolve(false));
  });
}

interface Found {
  check: string;
  verdict: string;
}

/** The command as people run it. */
async function doctor(folder: string, port: number): Promise<{ code: number | null; findings: readonly Found[] }> {
  const command = ["--conditions=@tieline/source", BIN, "doctor", `https://${HOST}/OcsPowershell`, "-o", "json", "--proxy", "none"];
  const child = spawn(
    process.execPath,
    [...command, "--connect-to", `${HOST}:443:127.0.0.1:${port}`, "--ca-file", join(folder, "root.crt")],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, XDG_STATE_HOME: folder, XDG_DATA_HOME: folder } },
  );
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  await once(child, "close");
  return { code: child.exitCode, findings: (JSON.parse(text) as { findings: Found[] }).findings };
}
