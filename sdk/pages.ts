/** A page of things; the cursor asks for the next one. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

/** The things of all pages, each page asked for when it is needed. */
export async function* pages<T, Q extends { readonly cursor?: string }>(
  query: Q,
  ask: (query: Q) => Promise<Page<T>>,
): AsyncGenerator<T> {
  let asked = query;
  for (;;) {
    const { items, nextCursor } = await ask(asked);
    yield* items;
    if (nextCursor === undefined) return;
    asked = { ...asked, cursor: nextCursor };
  }
}
