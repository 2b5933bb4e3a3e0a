/** Where the token cache lies, as one piece of bytes that nobody else reads. */
export interface CacheStore {
  /** For people: a path, or "memory". */
  readonly where: string;
  /** False where it is gone with the process. */
  readonly lasts: boolean;
  /** Undefined where nothing was written yet. @throws Fault `token-cache-sealed`, `token-cache-unsafe` */
  read(): Uint8Array | undefined;
  /** All of it or nothing; read back before it counts as written. */
  write(content: Uint8Array): void;
  /** Runs alone among the processes that share the store. @throws Fault `token-cache-busy` */
  alone<T>(run: () => Promise<T>): Promise<T>;
  /** Forgets everything, also what does not open. */
  clear(): void;
}

export function memoryStore(): CacheStore {
  let content: Uint8Array | undefined;
  return {
    where: "memory",
    lasts: false,
    read: () => content,
    write: (bytes) => void (content = bytes),
    alone: (run) => run(),
    clear: () => void (content = undefined),
  };
}
