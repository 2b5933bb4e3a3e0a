/** The bridge between stock PowerShell and a session of the connector: see docs/powershell.md. */
export { askBridge } from "./ask.ts";
export { Bridge, type Attempt, type BridgeOptions, type Opened, type Opener } from "./bridge.ts";
export type { BridgeRun, BridgeSession } from "./bridge-session.ts";
export type { ControlEvent, ControlRequest, FaultFacts, OpenParameters, SessionFacts } from "./control.ts";
export { lastingBehind } from "./lasting-behind.ts";
export { bridgeFolder, readDescriptor, type Descriptor } from "./place.ts";
export type { FrontEnd } from "./session-door.ts";
