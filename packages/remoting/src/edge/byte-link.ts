/**
 * Two byte streams to the other end, whatever they are made of: a child process, a socket, an SSH channel.
 * The out-of-process framing runs over any of them.
 */
import { finished, type Readable, type Writable } from "node:stream";
import { type Fault, isFault } from "@tieline/fault";

export interface ByteLink {
  /** Chunks as they arrive; ends when the other end is gone. Reading slowly slows the sender down. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Resolves when more may be written; rejects when nothing can be. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends orderly: nothing more is written, the other end gets some time to end by itself. */
  close(): Promise<void>;
  /** Ends at once. */
  destroy(): void;
  /** Why it is over, once `input` has ended; tells more than the stream's own error. */
  reason(): Promise<Fault>;
}

/** Back-pressure of a Node stream as a promise. */
export function writeTo(stream: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stream.destroyed || stream.writableEnded) return reject(new Error("the stream is closed"));
    const settle = (error?: Error | null): void => {
      stream.off("drain", onDrain);
      stream.off("close", onClose);
      if (error === undefined || error === null) resolve();
      else reject(error);
    };
    const onDrain = (): void => settle();
    const onClose = (): void => settle(stream.errored ?? new Error("the stream is closed"));
    if (stream.write(bytes, (error) => error !== null && error !== undefined && settle(error))) return resolve();
    stream.on("drain", onDrain);
    stream.on("close", onClose);
    return undefined;
  });
}

/** What arrives on a Node stream; an error of the stream counts as its end, since `reason` tells it better. */
export async function* readFrom(stream: Readable): AsyncGenerator<Uint8Array, void> {
  try {
    // The half that writes may still have something to say after the other has ended.
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
  } catch (error) {
    if (isFault(error)) throw error;
  }
}

/** Resolves when the stream is over, in whatever way. */
export function over(stream: Readable | Writable): Promise<void> {
  return new Promise((resolve) => {
    finished(stream, () => resolve());
  });
}

/** Resolves true if the promise settles in time; the timer does not keep the process alive. */
export function within(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), timeoutMs);
    timer.unref();
    const settle = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    promise.then(settle, settle);
  });
}
