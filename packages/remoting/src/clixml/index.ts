/** CLIXML, PowerShell's encoding of values: see README.md and [MS-PSRP] 2.2.5. */
export { ClixmlReader, deserialize, Deserializer, readStream, readValues } from "./reader.ts";
export { type DocumentOptions, encode, serialize, serializeDocument, writeValues } from "./serialize.ts";
export { ValueWriter } from "./writer.ts";
export { READ_LIMITS, type ReadOptions, SERIALIZATION_DEPTHS, type SecureStringCodec, type WriteOptions } from "./options.ts";
export { escapeAttribute, escapeContent } from "./escape.ts";
