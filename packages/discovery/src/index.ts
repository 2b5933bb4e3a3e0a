/** Lyncdiscover: `answer` at the sites, `resolve` at the client. See README.md. */
export { answer, type DiscoveryAnswer, type DiscoveryRequest, type DomainServices } from "./answer.ts";
export { linkOf, type DiscoveryDocument, type Link } from "./document.ts";
export { resolve, type Fetch, type FetchAnswer, type Hop, type Resolution, type ResolveOptions } from "./resolve.ts";
