/** Ids of shells and commands: inside lower-case GUIDs, on the wire capitals as Windows writes them; other peers' ids stay as they are. */

const GUID = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i;

/** The lower-case GUID, or undefined where the text is none. */
export function parseGuid(text: string): string | undefined {
  return GUID.exec(text.trim())?.[1]?.toLowerCase();
}

/** What a peer's id is known by inside: GUIDs in lower case, anything else as it stands. */
export function normalId(text: string): string {
  return parseGuid(text) ?? text.trim();
}

/** A GUID as it goes on the wire; anything else as it stands. */
export function wireId(id: string): string {
  return parseGuid(id) === undefined ? id : id.toUpperCase();
}
