/** The JSON body of a request, up to so many bytes. */
import type { IncomingMessage } from "node:http";

/** What is wrong with a body; the words complete "its body ...". */
export type BodyFlaw = "is too long" | "ends in the middle" | "is no JSON";

/**
 * Of one that is too long the rest is passed over, and its sender told at once: the connection lives to carry the answer.
 *
 * @param refuse the endpoint's own fault
 */
export async function readJson(
  request: IncomingMessage,
  mostBytes: number,
  refuse: (flaw: BodyFlaw, cause?: unknown) => Error,
): Promise<unknown> {
  // Gone while it was found out who sends it: no event follows.
  if (request.destroyed) throw refuse("ends in the middle");
  const bytes = await new Promise<Uint8Array>((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    request.on("data", (chunk: Uint8Array) => {
      length += chunk.length;
      if (length <= mostBytes) chunks.push(chunk);
      else {
        chunks.length = 0;
        reject(refuse("is too long"));
      }
    });
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("close", () => reject(refuse("ends in the middle")));
    request.once("error", (error) => reject(refuse("ends in the middle", error)));
  });
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw refuse("is no JSON", cause);
  }
}
