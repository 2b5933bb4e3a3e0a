/** Host keys of an SSH server, without loading the SSH library before it is wanted. */

/** A new Ed25519 key in OpenSSH's form, with its `SHA256:...` fingerprint. */
export async function generateHostKey(): Promise<{ privateKey: string; publicKey: string; fingerprint: string }> {
  return (await import("./ssh-server.ts")).generateHostKey();
}

/** `SHA256:...` of a private key's public half. @throws Fault `ssh-key-unreadable` */
export async function hostKeyFingerprint(privateKey: string): Promise<string> {
  return (await import("./ssh-server.ts")).fingerprintOf(privateKey);
}
