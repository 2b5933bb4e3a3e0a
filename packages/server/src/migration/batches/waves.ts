/**
 * Who moves in which wave. Delegates and their principals move together: while only one of them is at the other site, neither can
 * act for the other. So users are joined into groups along these pairs, and a group is never divided; a wave takes whole groups in
 * the order in which their first member was added. Rooms and common-area phones come after all people, unless a pair ties
 * them to one.
 */

export interface WaveUser {
  sequence: number;
  /** What pairs name the user by. */
  key: string;
  /** A room, or a telephone of a common area. */
  isRoom: boolean;
}

/** Two who must move together, by their keys; those who are not among the users are passed over. */
export type Pair = readonly [string, string];

/**
 * The wave of each user, by sequence, from 1.
 *
 * @param waveSize 0: everybody in one, rooms in a second. A group that is larger makes its wave larger.
 */
export function assignWaves(users: readonly WaveUser[], pairs: Iterable<Pair>, waveSize: number): Map<number, number> {
  // Numbers by place, since a hundred thousand users at once are not many objects each: of a group, at its leader's place.
  const leaders = leadersOf(users, pairs);
  const sizes = new Uint32Array(users.length);
  const havePeople = new Uint8Array(users.length);
  for (const [place, { isRoom }] of users.entries()) {
    const leader = leaders[place] as number;
    sizes[leader] = (sizes[leader] as number) + 1;
    if (!isRoom) havePeople[leader] = 1;
  }
  const waves = new Uint32Array(users.length);
  let wave = 0;
  for (const part of [1, 0]) {
    let room = 0;
    for (const [place, leader] of leaders.entries()) {
      if (leader !== place || havePeople[place] !== part) continue;
      const size = sizes[place] as number;
      if (size > room) {
        wave += 1;
        room = waveSize > 0 ? waveSize : Number.POSITIVE_INFINITY;
      }
      room -= size;
      waves[place] = wave;
    }
  }
  return new Map(users.map(({ sequence }, place) => [sequence, waves[leaders[place] as number] as number]));
}

/** The place of the first member of each user's group. */
function leadersOf(users: readonly WaveUser[], pairs: Iterable<Pair>): Uint32Array {
  const places = new Map(users.map((user, place) => [user.key, place]));
  const parents = Uint32Array.from(users.keys());
  const leaderOf = (place: number): number => {
    let leader = place;
    while (parents[leader] !== leader) leader = parents[leader] as number;
    for (let each = place; each !== leader;) {
      const next = parents[each] as number;
      parents[each] = leader;
      each = next;
    }
    return leader;
  };
  for (const [one, other] of pairs) {
    const [a, b] = [places.get(one), places.get(other)];
    if (a === undefined || b === undefined) continue;
    const [first, second] = [leaderOf(a), leaderOf(b)];
    // The one that was added first leads.
    if (first !== second) parents[Math.max(first, second)] = Math.min(first, second);
  }
  for (const place of parents.keys()) parents[place] = leaderOf(place);
  return parents;
}
