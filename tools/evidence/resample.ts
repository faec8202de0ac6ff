/** A seeded stream of numbers in [0, 1): the same seed gives the same stream everywhere. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** As many members as the list has, drawn with replacement. */
export function resample<T>(members: readonly T[], random: () => number): readonly T[] {
  return members.map(() => members[Math.floor(random() * members.length)] as T);
}
