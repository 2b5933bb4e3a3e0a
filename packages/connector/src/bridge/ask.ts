/** A program's side of the control socket. */
import { Fault } from "@tieline/fault";
import { connectSocket, type ByteLink } from "@tieline/remoting";
import type { ControlEvent, ControlRequest } from "./control.ts";
import { LineLink } from "./line-link.ts";
import type { Descriptor } from "./place.ts";

/** Sends a request and gives what is told until it is done. @throws Fault `bridge-unreachable` */
export async function* askBridge(to: Pick<Descriptor, "control" | "secret">, request: ControlRequest): AsyncGenerator<ControlEvent, void> {
  let link: ByteLink;
  try {
    link = await connectSocket(to.control, { timeoutMs: 5000 });
  } catch (error) {
    throw new Fault("bridge-unreachable", { reason: (error as Error).message }, { cause: error });
  }
  const lines = new LineLink(link);
  try {
    await lines.send({ ...request, secret: to.secret });
    for (let line = await lines.next(); line !== undefined; line = await lines.next()) yield JSON.parse(line) as ControlEvent;
  } finally {
    await lines.close();
  }
}
