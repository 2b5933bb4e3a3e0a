/** The namespaces, actions and resource URIs of WS-Management (DSP0226 annex A) and its shell extension ([MS-WSMV] 2.2.1, 3.1.4.1). */

/** Prefix (as Windows writes it) to namespace. */
export const NS = {
  s: "http://www.w3.org/2003/05/soap-envelope",
  a: "http://schemas.xmlsoap.org/ws/2004/08/addressing",
  w: "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
  p: "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
  x: "http://schemas.xmlsoap.org/ws/2004/09/transfer",
  n: "http://schemas.xmlsoap.org/ws/2004/09/enumeration",
  rsp: "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
  f: "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
  cfg: "http://schemas.microsoft.com/wbem/wsman/1/config",
  wsmid: "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd",
  powershell: "http://schemas.microsoft.com/powershell",
  xml: "http://www.w3.org/XML/1998/namespace",
} as const;

/** Identify is also asked in the namespace of an early draft. */
export const IDENTIFY_DRAFT = "http://schemas.dmtf.org/wbem/wsman/identify/1/wsmanidentity.xsd";

export const ANONYMOUS = `${NS.a}/role/anonymous`;

export const RESOURCE = {
  /** Followed by the name of the session configuration. */
  powershell: "http://schemas.microsoft.com/powershell/",
  shell: NS.rsp,
  cmd: `${NS.rsp}/cmd`,
  command: `${NS.rsp}/Command`,
  config: "http://schemas.microsoft.com/wbem/wsman/1/config",
} as const;

export const SIGNAL = {
  terminate: `${NS.rsp}/signal/Terminate`,
  /** Stop of a pipeline; spelt so by PowerShell. */
  stop: "powershell/signal/crtl_c",
  ctrlC: `${NS.rsp}/signal/ctrl_c`,
  ctrlBreak: `${NS.rsp}/signal/ctrl_break`,
} as const;

export const COMMAND_STATE = {
  running: `${NS.rsp}/CommandState/Running`,
  pending: `${NS.rsp}/CommandState/Pending`,
  done: `${NS.rsp}/CommandState/Done`,
} as const;

export const FAULT_ACTION = {
  w: "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault",
  a: `${NS.a}/fault`,
  n: `${NS.n}/fault`,
  x: `${NS.x}/fault`,
} as const;

export const SELECTOR_FILTER = "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter";

/** `Content-Type` of every request and answer. */
export const SOAP_CONTENT_TYPE = "application/soap+xml;charset=UTF-8";
