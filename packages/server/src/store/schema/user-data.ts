/** Tables of step 7: what users have beside their account: contacts, groups, permissions, delegates, meetings, forwarding. */

export type UserDataSchema = Record<never, never>;
