import { connect } from "node:net";
import { expect, test } from "vitest";
import { listenHttp } from "./http-listener.ts";

test("an expectation that is none is refused with a Content-Length, never chunked: stock clients die of chunks", async () => {
  const listener = await listenHttp(() => expect.unreachable());
  const socket = connect(listener.port, "127.0.0.1");
  socket.end("POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 0\r\n\r\n");
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  expect(answer).toMatch(/^HTTP\/1\.1 417 /);
  expect(answer).toMatch(/\r\nContent-Length: \d+\r\n/);
  expect(answer).not.toMatch(/chunked/);
  await listener.close({ force: true });
});
