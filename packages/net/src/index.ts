/** The outgoing dialler: see README.md. */
export { Dialler, destinationOf, type Destination, type DiallerOptions, type Way } from "./dialler.ts";
export { NameServer, type Address, type NameServerOptions, type Service } from "./dns.ts";
export { get, type GetAnswer, type GetOptions } from "./get.ts";
export { NameMap, type Place } from "./name-map.ts";
export { networkFault } from "./network-fault.ts";
export { PinnedClient, type HttpAnswer, type HttpRequest, type PinnedClientOptions } from "./pinned-client.ts";
export { postForm, postText } from "./post.ts";
export { environmentProxy, proxyFromEnvironment } from "./proxy/environment.ts";
export { exceptionsOf, isLoopback } from "./proxy/exceptions.ts";
export {
  always,
  parseProxy,
  proxyName,
  type Proxy,
  type ProxyAuthenticator,
  type ProxyChoice,
  type ProxyHop,
  type ProxyKind,
  type ProxyLogon,
  type ProxyRequest,
} from "./proxy/proxy.ts";
export { chooseBySettings } from "./proxy/system/settings.ts";
export type { ProxySettings } from "./proxy/system/settings.ts";
export { readSystemProxy, type RunProgram } from "./proxy/system/read-system-proxy.ts";
export { readAuthorities, tlsOptions, type TlsTrust } from "./tls-trust.ts";
