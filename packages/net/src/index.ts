/** The outgoing dialler: see README.md. */
export { Dialler, destinationOf, type Destination, type DiallerOptions } from "./dialler.ts";
export { get, type GetAnswer, type GetOptions } from "./get.ts";
export { NameMap, type Place } from "./name-map.ts";
export { networkFault } from "./network-fault.ts";
export { PinnedClient, type HttpAnswer, type HttpRequest, type PinnedClientOptions } from "./pinned-client.ts";
export { parseProxy, proxyFromEnvironment, type Proxy, type ProxyChoice } from "./proxy.ts";
export { readAuthorities, type TlsTrust } from "./tls-trust.ts";
