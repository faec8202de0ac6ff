/** Several quantities at one place. */
type Quantities = readonly number[];

/**
 * Returns quantities of a place that never fall on the way out from the origin: their running largest over a lattice
 * of unit step, joined by straight lines.
 *
 *   M(i, j, ...) = max(f(i, j, ...), M(i -+ 1, j, ...), M(i, j -+ 1, ...), ...), each neighbour one nearer the origin
 *
 * M rises with the absolute value of every coordinate that keeps its sign: along an axis, along every straight line
 * from the origin, and on any other way that comes nearer in no coordinate. Nodes are evaluated when they are first
 * needed, and kept.
 *
 * @param quantitiesAt - f at a node; `atLeast` is the largest of the nodes before it, and counts where f is below.
 * @returns a function of at most five coordinates; each between -511 and 511.
 * @source running maximum over a lattice [D]
 * @complexity every node between origin and place once; then a look-up for each corner of the cell.
 */
export function outwardMaximum(
  quantitiesAt: (node: readonly number[], atLeast: Quantities | undefined) => Quantities,
): (place: readonly number[]) => Quantities {
  const known = new Map<number, Quantities>();
  const largestAt = (node: readonly number[]): Quantities => {
    const key = keyOf(node);
    const before = known.get(key);
    if (before !== undefined) return before;
    let atLeast: Quantities | undefined;
    for (const [axis, at] of node.entries()) {
      if (at !== 0) atLeast = larger(largestAt(node.with(axis, at - Math.sign(at))), atLeast);
    }
    const largest = larger(quantitiesAt(node, atLeast), atLeast);
    known.set(key, largest);
    return largest;
  };
  return (place) => {
    const node = place.map(Math.trunc);
    /** The axes before `axis` stand on the node; the place lies between nodes along the rest. */
    const joined = (axis: number): Quantities => {
      if (axis === place.length) return largestAt(node);
      const at = place[axis]!;
      const nearer = Math.trunc(at);
      const near = joined(axis + 1);
      if (at === nearer) return near;
      node[axis] = nearer + Math.sign(at);
      const far = joined(axis + 1);
      node[axis] = nearer;
      const share = Math.abs(at - nearer);
      return near.map((quantity, k) => quantity + share * (far[k]! - quantity));
    };
    return joined(0);
  };
}

/** Whole coordinates up to 511 from the origin as one small number. */
function keyOf(node: readonly number[]): number {
  let key = 0;
  for (let axis = 0; axis < node.length; axis++) key = key * 1024 + node[axis]! + 512;
  return key;
}

function larger(quantities: Quantities, others: Quantities | undefined): Quantities {
  return others === undefined
    ? quantities
    : quantities.map((quantity, k) => Math.max(quantity, others[k]!));
}
