/** The service's pages: see service-pages.ts. */
export { ServicePages } from "./service-pages.ts";
