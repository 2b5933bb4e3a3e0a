/** PowerShell's object model, as remoting carries it. The language builds on it; it knows no encoding. */
export * from "./error-category.ts";
export * from "./scalars.ts";
export * from "./number-text.ts";
export * from "./shape.ts";
export * from "./ps-object.ts";
