/** x[t] = table[token t] + positions[t] for one sequence of bytes. */
export function embeddingForward(
  context: i32,
  width: i32,
  tokens: usize,
  table: usize,
  positions: usize,
  x: usize,
): void {
  const bytes = (<usize>width) << 2;
  for (let t = 0; t < context; ++t) {
    const row = table + <usize>load<u8>(tokens + <usize>t) * bytes;
    for (let j: usize = 0; j < bytes; j += 4) {
      store<f32>(x + j, load<f32>(row + j) + load<f32>(positions + j));
    }
    positions += bytes;
    x += bytes;
  }
}

/** Adds dx[t] to the rows of the tokens and to the rows of the positions. */
export function embeddingBackward(
  context: i32,
  width: i32,
  tokens: usize,
  dx: usize,
  dtable: usize,
  dpositions: usize,
): void {
  const bytes = (<usize>width) << 2;
  for (let t = 0; t < context; ++t) {
    const row = dtable + <usize>load<u8>(tokens + <usize>t) * bytes;
    for (let j: usize = 0; j < bytes; j += 4) {
      const value = load<f32>(dx + j);
      store<f32>(row + j, load<f32>(row + j) + value);
      store<f32>(dpositions + j, load<f32>(dpositions + j) + value);
    }
    dpositions += bytes;
    dx += bytes;
  }
}
