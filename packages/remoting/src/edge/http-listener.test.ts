import { connect } from "node:net";
import { expect, test } from "vitest";
import { listenHttp } from "./http-listener.ts";

const REFUSED = [
  ["an expectation that is none", "Host: a\r\nExpect: tea\r\n", 417],
  ["no host", "", 400],
] as const;

test.each(REFUSED)("%s is refused with a Content-Length, never chunked: stock clients die of chunks", async (_, headers, status) => {
  const listener = await listenHttp(() => expect.unreachable());
  const socket = connect(listener.port, "127.0.0.1");
  socket.end(`POST / HTTP/1.1\r\n${headers}Content-Length: 0\r\n\r\n`);
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toMatch(/\r\nContent-Length: \d+\r\n/);
  expect(answer).not.toMatch(/chunked/);
  await listener.close({ force: true });
});
