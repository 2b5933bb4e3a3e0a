/** PowerShell's out-of-process framing, both ends, without I/O. Facts: the folder's files, from packet.ts up. */
export { ClientChannel, type ClientChannelEvent, type ClientChannelOptions } from "./client-channel.ts";
export { DEFAULT_MAX_LINE_BYTES, PacketReader } from "./packet-reader.ts";
export { ELEMENTS, parseLine, serializeError, serializePacket, SESSION, type Element, type Packet } from "./packet.ts";
export { ServerChannel, type ServerChannelEvent, type ServerChannelOptions } from "./server-channel.ts";
