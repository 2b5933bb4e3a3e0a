/** The one form of a user's data: every list by its key, by code point, as both engines of the store sort texts. */
import type { UserData } from "./user-data.ts";

/** By code point: unlike `<`, which puts what lies beyond U+FFFF before U+E000. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Halves of surrogate pairs behind all other units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

/** The same data in that form: properties in their declared order, and nothing else. */
export function canonical(data: UserData): UserData {
  const { forwarding } = data;
  return {
    contacts: data.contacts
      .map(({ uri, displayName, groups, subscribed }) => ({ uri, displayName, groups: numbers(groups), subscribed }))
      .sort((a, b) => byCodePoint(a.uri, b.uri)),
    groups: data.groups.map(({ number, name }) => ({ number, name })).sort((a, b) => a.number - b.number),
    permissions: data.permissions.map(({ member, level }) => ({ member, level })).sort((a, b) => byCodePoint(a.member, b.member)),
    delegates: data.delegates
      .map(({ uri, maySchedule, mayAnswer, mayCall }) => ({ uri, maySchedule, mayAnswer, mayCall }))
      .sort((a, b) => byCodePoint(a.uri, b.uri)),
    meetings: data.meetings
      .map(({ conferenceId, subject, startsMs, endsMs, access, presenters, dialInId }) => ({
        conferenceId,
        subject,
        startsMs,
        endsMs,
        access,
        presenters: texts(presenters),
        dialInId,
      }))
      .sort((a, b) => byCodePoint(a.conferenceId, b.conferenceId)),
    forwarding:
      forwarding === null
        ? null
        : {
            mode: forwarding.mode,
            target: forwarding.target,
            unansweredTo: forwarding.unansweredTo,
            unansweredSeconds: forwarding.unansweredSeconds,
            team: texts(forwarding.team),
          },
    policies: Object.fromEntries(Object.entries(data.policies).sort(([a], [b]) => byCodePoint(a, b))),
  };
}

function texts(list: readonly string[]): string[] {
  return [...new Set(list)].sort(byCodePoint);
}

function numbers(list: readonly number[]): number[] {
  return [...new Set(list)].sort((a, b) => a - b);
}
