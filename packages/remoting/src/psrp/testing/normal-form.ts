/** When two pieces of CLIXML say the same: references numbered by first appearance, no white space between elements. */
export function normalForm(clixml: string): string {
  const numbers = { objects: new Map<string, number>(), types: new Map<string, number>() };
  return clixml
    .replace(/>\s+</g, "><")
    .replace(/<(Obj|Ref|TN|TNRef)\b([^>]*?) RefId="([^"]*)"/g, (_, tag: string, rest: string, id: string) => {
      const seen = tag.startsWith("TN") ? numbers.types : numbers.objects;
      if (!seen.has(id)) seen.set(id, seen.size);
      return `<${tag}${rest} RefId="${seen.get(id)}"`;
    })
    .replace(/<([A-Za-z0-9]+)([^<>]*?)\s*\/>/g, "<$1$2></$1>");
}

/** Where two texts begin to differ, for people. */
export function difference(ours: string, theirs: string): string | undefined {
  if (ours === theirs) return undefined;
  let at = 0;
  while (at < ours.length && ours[at] === theirs[at]) at++;
  const from = Math.max(0, at - 60);
  return `at ${at}: …${ours.slice(from, at + 100)}… instead of …${theirs.slice(from, at + 100)}…`;
}
