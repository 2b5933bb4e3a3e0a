/** A user's data with something of everything, for tests. */
import { parseUserData } from "./parse.ts";
import type { UserData } from "./user-data.ts";

export const FULL: UserData = parseUserData({
  contacts: [
    { uri: "sip:Bob@contoso.com", displayName: "Bob Kelly", groups: [1, 2], subscribed: true },
    { uri: "sip:zoë@fabrikam.com".replace("ë", "e"), displayName: "Zoë 𝒵 \u{e000}", groups: [], subscribed: false },
    { uri: "tel:+14255550123", displayName: "The door's telephone", groups: [2] },
  ],
  groups: [
    { number: 2, name: "Other Contacts" },
    { number: 1, name: "Favourites" },
  ],
  permissions: [
    { member: "sip:bob@contoso.com", level: "Workgroup" },
    { member: "domain:fabrikam.com", level: "Blocked" },
  ],
  delegates: [{ uri: "sip:pilar@contoso.com", maySchedule: true, mayAnswer: true, mayCall: false }],
  meetings: [
    {
      conferenceId: "8K2M4QX7",
      subject: "Budget",
      startsMs: Date.UTC(2020, 8, 1, 9),
      endsMs: Date.UTC(2020, 8, 1, 10),
      access: "Invited",
      presenters: ["sip:bob@contoso.com", "sip:alice@contoso.com"],
      dialInId: "123456789",
    },
    { conferenceId: "3H5J6P9T", subject: "", startsMs: Date.UTC(2020, 8, 2, 9), endsMs: Date.UTC(2020, 8, 2, 9) },
  ],
  forwarding: { mode: "TeamCall", target: null, unansweredTo: "voicemail", unansweredSeconds: 20, team: ["sip:bob@contoso.com"] },
  policies: { ClientPolicy: "ClientPolicyNoIMURL", ConferencingPolicy: "BposSIMP" },
});

/** As many contacts as wished, and nothing else. */
export function contactList(count: number): UserData {
  const contacts = Array.from({ length: count }, (_, i) => ({
    uri: `sip:person${i}@contoso.com`,
    displayName: `Person ${i}`,
    groups: [1],
  }));
  return parseUserData({ contacts, groups: [{ number: 1, name: "All" }] });
}
