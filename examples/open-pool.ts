// Opens a session and streams a cmdlet's objects:  node examples/open-pool.ts SOCKET [CMDLET]
// Another transport is another line: { kind: "process", command: "pwsh" }, { kind: "ssh", ... }, { kind: "wsman", uri, credential }.
import { connect, PsObject } from "@tieline/remoting";

const [path = "/tmp/tieline/weather", cmdlet = "Get-Weather"] = process.argv.slice(2);
await using session = await connect({ transport: { kind: "socket", path } });
for await (const value of session.invoke(cmdlet, { City: ["Oslo", "Rome"] })) {
  console.log(value instanceof PsObject ? Object.fromEntries(value.properties()) : value);
}
