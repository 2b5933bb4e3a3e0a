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
  const groups = grouped(users, pairs);
  const isRooms = (group: readonly WaveUser[]): boolean => group.every((user) => user.isRoom);
  const waves = new Map<number, number>();
  let wave = 0;
  for (const part of [groups.filter((group) => !isRooms(group)), groups.filter(isRooms)]) {
    let room = 0;
    for (const group of part) {
      if (group.length > room) {
        wave += 1;
        room = waveSize > 0 ? waveSize : Number.POSITIVE_INFINITY;
      }
      room -= group.length;
      for (const user of group) waves.set(user.sequence, wave);
    }
  }
  return waves;
}

/** Groups by their first member, each in order. */
function grouped(users: readonly WaveUser[], pairs: Iterable<Pair>): WaveUser[][] {
  const places = new Map(users.map((user, place) => [user.key, place]));
  const parents = users.map((_, place) => place);
  const rootOf = (place: number): number => {
    let root = place;
    while (parents[root] !== root) root = parents[root] as number;
    for (let each = place; each !== root;) {
      const next = parents[each] as number;
      parents[each] = root;
      each = next;
    }
    return root;
  };
  for (const [one, other] of pairs) {
    const [a, b] = [places.get(one), places.get(other)];
    if (a === undefined || b === undefined) continue;
    const [first, second] = [rootOf(a), rootOf(b)];
    // The one that was added first leads.
    if (first !== second) parents[Math.max(first, second)] = Math.min(first, second);
  }
  const groups = new Map<number, WaveUser[]>();
  for (const [place, user] of users.entries()) {
    const root = rootOf(place);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [user]);
    else group.push(user);
  }
  return [...groups.values()];
}
