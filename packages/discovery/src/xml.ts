/** The XML writing of a discovery document ([MS-OCDISCWS] 2.2.4, 3.1.5). */
import { Fault, isFault } from "@tieline/fault";
import { SaxesParser } from "saxes";
import {
  DOCUMENT_KINDS,
  MAX_ENTRIES,
  type Access,
  type AccessLocation,
  type DiscoveryDocument,
  type DocumentKind,
  type Link,
} from "./document.ts";
import { portOf } from "./json.ts";

const MAX_DEPTH = 16;

/** @throws Fault `discovery-unreadable` */
export function parseXml(text: string, url: string): DiscoveryDocument {
  const parser = new SaxesParser({ xmlns: false });
  const path: string[] = [];
  const links: Link[] = [];
  const access: Access[] = [];
  let kind: DocumentKind | undefined;
  let accessLocation: AccessLocation = "External";
  const refuse = (reason: string): never => {
    throw new Fault("discovery-unreadable", { url, reason });
  };
  parser.on("doctype", () => refuse("it has a document type"));
  parser.on("error", (error) => refuse(error.message.slice(0, 120)));
  parser.on("opentag", (tag) => {
    const name = tag.name.replace(/^.*:/, "");
    path.push(name);
    if (path.length > MAX_DEPTH) refuse("it is nested too deep");
    if (path.length === 1) {
      if (name !== "AutodiscoverResponse") refuse(`its root is <${name}>`);
      if (tag.attributes["AccessLocation"]?.toLowerCase() === "internal") accessLocation = "Internal";
    } else if (path.length === 2) {
      kind ??= DOCUMENT_KINDS.find((each) => each === name);
    } else if (path.length === 3 && name === "Link") {
      if (links.length >= MAX_ENTRIES) refuse("it has too many links");
      links.push({ token: tag.attributes["token"] ?? "", href: tag.attributes["href"] ?? "" });
    } else if (path.length === 3 && tag.attributes["fqdn"] !== undefined && access.length < MAX_ENTRIES) {
      access.push({ name, fqdn: tag.attributes["fqdn"].trim(), port: portOf(tag.attributes["port"]) });
    }
  });
  parser.on("closetag", () => path.pop());
  try {
    parser.write(text.replace(/^\uFEFF/, "")).close();
  } catch (error) {
    if (isFault(error)) throw error;
    throw new Fault("discovery-unreadable", { url, reason: "it is not XML" }, { cause: error });
  }
  return { kind: kind ?? refuse("it has neither Root nor Domain nor User"), accessLocation, links, access };
}

export function serializeXml(document: DiscoveryDocument): string {
  const links = document.links.map((link) => `<Link token="${escape(link.token)}" href="${escape(link.href)}"/>`);
  const access = document.access.map((a) => `<${a.name} fqdn="${escape(a.fqdn)}" port="${a.port}"/>`);
  return (
    `<?xml version="1.0" encoding="utf-8"?>` +
    `<AutodiscoverResponse AccessLocation="${document.accessLocation}"><${document.kind}>${access.join("")}${links.join("")}</${document.kind}></AutodiscoverResponse>`
  );
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] as string);
}
