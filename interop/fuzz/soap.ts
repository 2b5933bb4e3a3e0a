/** A caller of WS-Management who keeps his connections, and the judge of its answers. */
import { recognise } from "@tieline/fault";
import { Caller, RESOURCE, SOAP_CONTENT_TYPE, type OperationName, type Requests } from "@tieline/remoting/wsman";
import { parseEnvelope } from "../../packages/remoting/src/wsman/soap/envelope.ts";
import { readFault } from "../../packages/remoting/src/wsman/soap/fault-body.ts";
import type { Chance } from "./chance.ts";
import { Finding, judgeText, type Outcome } from "./finding.ts";
import { basic, HttpWire, post, type HttpAnswer } from "./http-wire.ts";
import type { Login, Service } from "./service.ts";

export const PATH = "/OcsPowershellLiveId";
export const RESOURCE_URI = `${RESOURCE.powershell}Microsoft.PowerShell`;
export type Target = Parameters<Caller["encode"]>[2];

/** Writes honest envelopes; waits are kept short. */
export function envelope<K extends OperationName>(
  chance: Chance,
  operation: K,
  body: Requests[K],
  target: Target = {},
  timeoutMs = 1000,
): Uint8Array {
  const caller = new Caller({ uri: `https://localhost${PATH}`, newId: () => chance.guid(), operationTimeoutMs: timeoutMs });
  return caller.encode(operation, body, { resourceUri: RESOURCE_URI, ...target });
}

/** Connections to the service's WS-Management under one account: as many as are used at a time. */
export class SoapClient {
  readonly #service: Service;
  readonly #authorization: string;
  readonly #idle: HttpWire[] = [];

  constructor(service: Service, login: Login) {
    this.#service = service;
    this.#authorization = basic(login.user, login.password);
  }

  async post(body: Uint8Array, path = PATH): Promise<HttpAnswer> {
    let wire = this.#idle.pop();
    while (wire !== undefined && !wire.open) wire = this.#idle.pop();
    wire ??= await HttpWire.open({ port: this.#service.port("online-https"), authority: this.#service.authority });
    wire.write(this.bytes(body, path));
    const answer = await wire.answer();
    if (answer === undefined) throw new Finding("the connection was closed instead of an answer", body.subarray(0, 2000));
    if (wire.open) this.#idle.push(wire);
    return answer;
  }

  bytes(body: Uint8Array, path = PATH): Uint8Array {
    return post(path, { "Content-Type": SOAP_CONTENT_TYPE, Authorization: this.#authorization }, body);
  }

  close(): void {
    for (const wire of this.#idle.splice(0)) wire.destroy();
  }
}

/** The bytes of the streams say nothing in themselves; what they hold is judged apart. */
const STREAM = /<rsp:Stream\b[^>]*>([^<]*)<\/rsp:Stream>/g;
const DEFECT = /internal error occurred|TypeError|RangeError|\bat [\w.<>]+ \(|node:internal/;

/** @throws Finding where it is no answer that a client may get */
export function judgeSoap({ status, body, headers }: HttpAnswer): Outcome {
  const text = body.toString("utf8");
  if (status !== 200 && status !== 500) {
    judgeText(text, `status ${status}`);
    if (status < 400 || status > 499) throw new Finding(`status ${status}`, text.slice(0, 1000));
    return "refused";
  }
  // The end of a logon with an empty request.
  if (status === 200 && body.length === 0) return "accepted";
  if (!/soap\+xml/.test(headers["content-type"] ?? "")) throw new Finding(`status ${status} without an envelope`, text.slice(0, 1000));
  for (const [, stream = ""] of text.matchAll(STREAM)) {
    const inside = Buffer.from(stream, "base64").toString("latin1");
    const found = DEFECT.exec(inside);
    if (found !== null) throw new Finding(`a stream shows "${found[0]}"`, inside.slice(0, 3000));
  }
  judgeText(text.replace(STREAM, "").replace(/<rsp:Environment>.*?<\/rsp:Environment>/gs, ""), `status ${status}`);
  const fault = readFault(parseEnvelope(body, { limits: { size: 64 * 1024 * 1024 } }).body);
  if ((fault !== undefined) !== (status === 500))
    throw new Finding(`status ${status} with the other kind of envelope`, text.slice(0, 1000));
  if (fault === undefined) return "accepted";
  const said = fault.message === "" ? fault.reason : fault.message;
  if (said === "") throw new Finding("a fault without a reason", text);
  if (recognise({ text: said, wsmanCode: fault.number, subcode: fault.subcode }) === undefined)
    throw new Finding(`not a fault of the catalogue: ${said}`, text);
  return "refused";
}
