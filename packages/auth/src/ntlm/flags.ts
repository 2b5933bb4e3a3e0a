/** NEGOTIATE_FLAGS ([MS-NLMP] 2.2.2.5), those that we read or write. */
export const NEGOTIATE = {
  UNICODE: 0x00000001,
  OEM: 0x00000002,
  REQUEST_TARGET: 0x00000004,
  SIGN: 0x00000010,
  SEAL: 0x00000020,
  NTLM: 0x00000200,
  ANONYMOUS: 0x00000800,
  ALWAYS_SIGN: 0x00008000,
  TARGET_TYPE_DOMAIN: 0x00010000,
  TARGET_TYPE_SERVER: 0x00020000,
  EXTENDED_SESSION_SECURITY: 0x00080000,
  TARGET_INFO: 0x00800000,
  VERSION: 0x02000000,
  KEY_128: 0x20000000,
  KEY_EXCHANGE: 0x40000000,
  /** Without a meaning beside KEY_128; Windows always names it. */
  KEY_56: 0x80000000,
} as const;

export function has(flags: number, flag: number): boolean {
  return (flags & flag) !== 0;
}
