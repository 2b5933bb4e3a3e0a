/** HostInfo: what the client tells of its host, with the state of its console that the server answers reads from ([MS-PSRP] 2.2.3.14). */
import { PsDictionary, type PsObject, type PsValue } from "../../objects/index.ts";
import * as property from "../messages/property.ts";
import { HOST_TYPES, type Coordinates, type HostType, type HostTypeName, type Size } from "./host-values.ts";

/** The console at the moment of opening. */
export interface HostDefaultData {
  /** ConsoleColor 0 to 15; -1 where it is not known. */
  foregroundColor: number;
  backgroundColor: number;
  cursorPosition: Coordinates;
  windowPosition: Coordinates;
  /** Per cent of a cell. */
  cursorSize: number;
  bufferSize: Size;
  windowSize: Size;
  maxWindowSize: Size;
  maxPhysicalWindowSize: Size;
  windowTitle: string;
}

export interface HostInfo {
  isHostNull: boolean;
  isHostUINull: boolean;
  isHostRawUINull: boolean;
  /** For a pipeline: use the pool's host instead of this one. */
  useRunspaceHost: boolean;
  /** There where the host has a raw user interface. */
  defaultData?: HostDefaultData;
}

/** No host at all: prompts fail at the server, nothing is shown. */
export const NO_HOST: HostInfo = { isHostNull: true, isHostUINull: true, isHostRawUINull: true, useRunspaceHost: false };
/** A pipeline that uses the host of its pool. */
export const RUNSPACE_HOST: HostInfo = { ...NO_HOST, useRunspaceHost: true };

/** The keys of the default data with their .NET types, in the order in which PowerShell's hash table gives them. */
const DEFAULT_DATA: readonly (readonly [key: number, field: keyof HostDefaultData, netType: string, codec: HostTypeName])[] = [
  [9, "windowTitle", "System.String", "string"],
  [8, "maxPhysicalWindowSize", "System.Management.Automation.Host.Size", "size"],
  [7, "maxWindowSize", "System.Management.Automation.Host.Size", "size"],
  [6, "windowSize", "System.Management.Automation.Host.Size", "size"],
  [5, "bufferSize", "System.Management.Automation.Host.Size", "size"],
  [4, "cursorSize", "System.Int32", "int"],
  [3, "windowPosition", "System.Management.Automation.Host.Coordinates", "coordinates"],
  [2, "cursorPosition", "System.Management.Automation.Host.Coordinates", "coordinates"],
  [1, "backgroundColor", "System.ConsoleColor", "int"],
  [0, "foregroundColor", "System.ConsoleColor", "int"],
];

const BLANK: HostDefaultData = {
  foregroundColor: -1,
  backgroundColor: -1,
  cursorPosition: { x: 0, y: 0 },
  windowPosition: { x: 0, y: 0 },
  cursorSize: 0,
  bufferSize: { width: 0, height: 0 },
  windowSize: { width: 0, height: 0 },
  maxWindowSize: { width: 0, height: 0 },
  maxPhysicalWindowSize: { width: 0, height: 0 },
  windowTitle: "",
};

export function encodeHostInfo(info: HostInfo): PsObject {
  const { defaultData } = info;
  let data: PsValue | undefined;
  if (defaultData !== undefined) {
    const entries = DEFAULT_DATA.map(([key, field, type, codec]): [PsValue, PsValue] => [
      key,
      property.bag({ T: type, V: (HOST_TYPES[codec] as HostType<unknown>).encode(defaultData[field]) }),
    ]);
    data = property.bag({ data: property.hashtable(new PsDictionary(entries)) });
  }
  return property.bag({
    _isHostUINull: info.isHostUINull,
    _isHostRawUINull: info.isHostRawUINull,
    _isHostNull: info.isHostNull,
    _hostDefaultData: data,
    _useRunspaceHost: info.useRunspaceHost,
  });
}

export function decodeHostInfo(object: PsObject): HostInfo {
  const info: HostInfo = {
    isHostNull: property.bool(object, "_isHostNull"),
    isHostUINull: property.bool(object, "_isHostUINull"),
    isHostRawUINull: property.bool(object, "_isHostRawUINull"),
    useRunspaceHost: property.bool(object, "_useRunspaceHost"),
  };
  if (object.has("_hostDefaultData") && object.get("_hostDefaultData") !== null) {
    const data = property.dictionary(property.object(object, "_hostDefaultData"), "data");
    const read: Record<string, unknown> = { ...BLANK };
    for (const [key, value] of data) {
      const row = DEFAULT_DATA.find(([number]) => number === property.unwrap(key));
      if (row === undefined) continue;
      read[row[1]] = HOST_TYPES[row[3]].decode(property.required(property.asObject(value), "V"), "HostInfo");
    }
    info.defaultData = read as unknown as HostDefaultData;
  }
  return info;
}
