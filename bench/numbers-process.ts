/**
 * Our server with two commands of its own, in a process of its own, on a Unix socket and over https: it puts out numbers,
 * or users of 60 properties, as many as are asked for. Arguments: the socket's path, a folder for the certificate.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SYSTEM_SOURCES } from "@tieline/auth";
import { RemotingServer, type PipelineRequest } from "@tieline/remoting";
import { toText } from "@tieline/remoting/objects";
import { flat } from "./clixml.bench.ts";
import { answerQuestions } from "./peer-process.ts";

const [path = "", folder] = process.argv.slice(2);

/** `Get-Number 100000`, `Get-User 100000`, or the script text `1..100000`. */
function asked({ statements }: PipelineRequest): { users: boolean; count: number } {
  const command = statements[0]?.[0];
  const text = `${command?.text ?? ""} ${(command?.arguments ?? []).map(({ value }) => toText(value)).join(" ")}`;
  return { users: text.includes("Get-User"), count: Number(/(\d+)\D*$/.exec(text)?.[1] ?? 0) };
}

const server = new RemotingServer<string>({
  handler: {
    open: () => ({
      run: async (request, output) => {
        const { users, count } = asked(request);
        for (let i = 1; i <= count; i++) await output.write(users ? flat(i) : i);
      },
    }),
  },
});
await server.listenSocket(path, "anyone");
let port = 0;
if (folder !== undefined) {
  const tls = { cert: readFileSync(join(folder, "server.crt"), "utf8"), key: readFileSync(join(folder, "server.key"), "utf8") };
  const password = (user: string, text: string): Promise<{ name: string } | undefined> =>
    Promise.resolve(user === "anyone" && text === "anything" ? { name: user } : undefined);
  ({ port } = await server.listenHttp({ tls, authentication: { sources: SYSTEM_SOURCES, policy: { basic: true }, password } }));
}
answerQuestions({ port: () => port }, () => server.close());
