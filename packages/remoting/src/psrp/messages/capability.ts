/** SESSION_CAPABILITY ([MS-PSRP] 2.2.2.1): the versions that an end speaks. */
import { type PsObject, Version, type PsValue } from "../../objects/index.ts";
import * as property from "./property.ts";

export interface SessionCapability {
  protocolVersion: string;
  psVersion: string;
  serializationVersion: string;
  /** A .NET TimeZone as .NET's binary formatter wrote it: carried, never read. */
  timeZone?: Uint8Array;
}

export function encodeSessionCapability(capability: SessionCapability): PsObject {
  return property.bag({
    protocolversion: new Version(capability.protocolVersion),
    PSVersion: new Version(capability.psVersion),
    SerializationVersion: new Version(capability.serializationVersion),
    TimeZone: capability.timeZone,
  });
}

export function decodeSessionCapability(value: PsValue): SessionCapability {
  const object = property.asObject(value);
  const capability: SessionCapability = {
    protocolVersion: property.version(object, "protocolversion").text,
    psVersion: property.version(object, "PSVersion").text,
    serializationVersion: property.version(object, "SerializationVersion").text,
  };
  const zone = object.get("TimeZone");
  if (zone instanceof Uint8Array) capability.timeZone = zone;
  return capability;
}
