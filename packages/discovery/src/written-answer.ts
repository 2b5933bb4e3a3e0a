/** What a site sends back, ready for HTTP. */
export interface DiscoveryAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}
