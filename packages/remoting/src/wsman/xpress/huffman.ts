/** Code lengths and canonical codes for the 512 symbols of XPRESS ([MS-XCA] 2.1.4.2, 2.2.4): at most 15 bits. */

export const SYMBOLS = 512;
export const LONGEST_CODE = 15;

/**
 * The code length of each symbol; 0 for a symbol that does not occur. At least two symbols must occur.
 *
 * A plain Huffman tree; where it grows deeper than 15 the counts are flattened and it is built again, which costs a few
 * bits in the rare chunk that is that skewed.
 */
export function codeLengths(counts: Uint32Array): Uint8Array {
  const weights = Uint32Array.from(counts);
  for (;;) {
    const lengths = treeDepths(weights);
    if (lengths !== undefined) return lengths;
    for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) weights[i] = ((weights[i] as number) >> 1) | 1;
  }
}

/** Two sorted queues instead of a heap: leaves by weight, and inner nodes, which come into being in order. */
function treeDepths(weights: Uint32Array): Uint8Array | undefined {
  const leaves: number[] = [];
  for (let symbol = 0; symbol < weights.length; symbol++) if (weights[symbol] !== 0) leaves.push(symbol);
  leaves.sort((a, b) => (weights[a] as number) - (weights[b] as number) || a - b);
  const total = 2 * leaves.length - 1;
  const weight = new Float64Array(total);
  const parent = new Int32Array(total);
  leaves.forEach((symbol, i) => {
    weight[i] = weights[symbol] as number;
  });
  let leaf = 0;
  let inner = leaves.length;
  for (let node = leaves.length; node < total; node++) {
    for (let side = 0; side < 2; side++) {
      const takeLeaf = leaf < leaves.length && (inner >= node || (weight[leaf] as number) <= (weight[inner] as number));
      const taken = takeLeaf ? leaf++ : inner++;
      weight[node] = (weight[node] as number) + (weight[taken] as number);
      parent[taken] = node;
    }
  }
  const depth = new Uint8Array(total);
  const lengths = new Uint8Array(weights.length);
  for (let node = total - 2; node >= 0; node--) {
    const below = (depth[parent[node] as number] as number) + 1;
    depth[node] = below;
    if (node < leaves.length) {
      if (below > LONGEST_CODE) return undefined;
      lengths[leaves[node] as number] = below;
    }
  }
  return lengths;
}

/** Canonical codes: shorter first, and by symbol among equals. */
export function canonicalCodes(lengths: Uint8Array): Uint16Array {
  const counts = new Uint16Array(LONGEST_CODE + 2);
  for (const length of lengths) counts[length] = (counts[length] as number) + 1;
  const next = new Uint16Array(LONGEST_CODE + 2);
  let code = 0;
  for (let length = 1; length <= LONGEST_CODE; length++) {
    next[length] = code;
    code = (code + (counts[length] as number)) << 1;
  }
  const codes = new Uint16Array(lengths.length);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] as number;
    if (length === 0) continue;
    codes[symbol] = next[length] as number;
    next[length] = (next[length] as number) + 1;
  }
  return codes;
}
