/**
 * Fragments: cutting and reassembling one message of 1 to 64 MB. Linear means that the last column does not fall.
 *
 *     npm run bench fragments
 */
import { Fragmenter, Reassembler } from "@tieline/remoting/psrp";

const MEGABYTE = 1024 * 1024;
const SIZES = [1, 4, 16, 64];
/** PowerShell's fragments. */
const FRAGMENT = 32 * 1024;

function cut(message: Uint8Array): Uint8Array[] {
  const cutter = new Fragmenter(1n, message);
  const fragments: Uint8Array[] = [];
  for (let next = cutter.next(FRAGMENT); next !== undefined; next = cutter.next(FRAGMENT)) fragments.push(next);
  return fragments;
}

function reassemble(chunks: readonly Uint8Array[]): number {
  const reassembler = new Reassembler({ side: "server", maxObjectSize: 1024 * MEGABYTE });
  let length = 0;
  for (const chunk of chunks) {
    reassembler.push(chunk, (message) => {
      length = message.length;
    });
  }
  return length;
}

/** Megabytes a second: the best of as many runs as half a second allows. */
function rate(megabytes: number, act: () => void): number {
  let best = 0;
  for (const end = performance.now() + 500; performance.now() < end || best === 0;) {
    const before = performance.now();
    act();
    best = Math.max(best, (megabytes * 1000) / (performance.now() - before));
  }
  return best;
}

/** A stream in pieces that end anywhere, as a socket gives it. */
function pieces(fragments: readonly Uint8Array[], size: number): Uint8Array[] {
  return fragments.flatMap((fragment) =>
    Array.from({ length: Math.ceil(fragment.length / size) }, (_, i) => fragment.subarray(i * size, (i + 1) * size)),
  );
}

console.log("message   cut MB/s   reassemble MB/s   in pieces of 1000 bytes MB/s");
for (const megabytes of SIZES) {
  const message = new Uint8Array(megabytes * MEGABYTE).fill(120);
  const fragments = cut(message);
  if (reassemble(fragments) !== message.length) throw new Error("the message is not whole");
  const small = pieces(fragments, 1000);
  const columns = [
    rate(megabytes, () => cut(message)),
    rate(megabytes, () => reassemble(fragments)),
    rate(megabytes, () => reassemble(small)),
  ];
  console.log(
    `${String(megabytes).padStart(4)} MB  ${columns[0]?.toFixed(0).padStart(9)}  ${columns[1]?.toFixed(0).padStart(16)}  ${columns[2]?.toFixed(0).padStart(29)}`,
  );
}
