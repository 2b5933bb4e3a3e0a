/** The `ssh2` package, which is CommonJS: its `utils` cannot be imported by name in every runtime. */
import ssh2 from "ssh2";

export const Client: typeof ssh2.Client = ssh2.Client;
export const Server: typeof ssh2.Server = ssh2.Server;
export const utils: typeof ssh2.utils = ssh2.utils;
