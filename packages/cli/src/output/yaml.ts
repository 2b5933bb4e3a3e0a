/** YAML 1.2 in its plain block style; texts that could be taken for something else are quoted as JSON does. */
import type { Plain } from "./plain.ts";

export function yaml(value: Plain, indent = 0): string {
  const pad = "  ".repeat(indent);
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return value.map((item) => `${pad}- ${nested(item, indent).trimStart()}`).join("\n");
  }
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value);
    if (entries.length === 0) return "{}";
    return entries
      .map(([name, item]) => {
        const block = item !== null && typeof item === "object" && Object.keys(item).length > 0;
        return `${pad}${scalar(name)}:${block ? `\n${yaml(item, indent + 1)}` : ` ${scalar(item)}`}`;
      })
      .join("\n");
  }
  return scalar(value);
}

function nested(item: Plain, indent: number): string {
  return item !== null && typeof item === "object" && Object.keys(item).length > 0 ? yaml(item, indent + 1) : scalar(item);
}

function scalar(value: Plain): string {
  if (Array.isArray(value)) return "[]";
  if (value !== null && typeof value === "object") return "{}";
  if (typeof value !== "string") return String(value);
  const plainText =
    /^[A-Za-z_/][\w @./:+()-]*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value) && !/: |:$| #|\s$/.test(value);
  return plainText ? value : JSON.stringify(value);
}
