/**
 * How far a domain controller was read: its invocationId and its highest committed update sequence number. Numbers are a
 * controller's own, and begin anew in one that was restored ([MS-ADTS] 3.1.1.1.9): then all is to be read again.
 */
export interface UsnCursor {
  /** GUID, lower case. */
  invocationId: string;
  usn: bigint;
}

const FORM = /^([0-9a-f-]{36}):(\d{1,20})$/;

export function formatCursor({ invocationId, usn }: UsnCursor): string {
  return `${invocationId}:${usn}`;
}

/** What has changed since the cursor can be asked for from this number on; undefined: all has to be read. */
export function changesFrom(cursor: string | undefined, now: UsnCursor): bigint | undefined {
  const match = FORM.exec(cursor ?? "");
  if (match === null || match[1] !== now.invocationId) return undefined;
  const usn = BigInt(match[2] as string);
  return usn > now.usn ? undefined : usn + 1n;
}
