/** Identify: who a service is, asked without addressing headers and without credentials (DSP0226 11). */
import { NS } from "../soap/namespaces.ts";
import { textOf, type XmlElement } from "../soap/xml-reader.ts";
import { element, type XmlPiece } from "../soap/xml-writer.ts";

export interface Identity {
  protocolVersion: string;
  vendor: string;
  version: string;
}

export const IDENTIFY = {
  encode(): XmlPiece[] {
    return [`<wsmid:Identify xmlns:wsmid="${NS.wsmid}"/>`];
  },
  decode(): Record<string, never> {
    return {};
  },
  encodeAnswer({ protocolVersion, vendor, version }: Identity): XmlPiece[] {
    return [
      `<wsmid:IdentifyResponse xmlns:wsmid="${NS.wsmid}">` +
        element("wsmid:ProtocolVersion", protocolVersion) +
        element("wsmid:ProductVendor", vendor) +
        element("wsmid:ProductVersion", version) +
        "</wsmid:IdentifyResponse>",
    ];
  },
  decodeAnswer(body: readonly XmlElement[]): Identity {
    const answer = body.find(({ name }) => name === "IdentifyResponse");
    const text = (name: string): string => (answer === undefined ? undefined : textOf(answer, answer.ns, name)) ?? "";
    return { protocolVersion: text("ProtocolVersion"), vendor: text("ProductVendor"), version: text("ProductVersion") };
  },
};
