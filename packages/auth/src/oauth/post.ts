/** How the token requests of this folder reach a server: one function, handed in, so that nothing here opens anything. */

export interface PostAnswer {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  body: Uint8Array;
}

/** Sends a form (application/x-www-form-urlencoded) and gives the whole answer; redirects are not followed. */
export type Post = (url: URL, form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>>) => Promise<PostAnswer>;
