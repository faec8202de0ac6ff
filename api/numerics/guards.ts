/**
 * Returns `value` when it is a finite number above zero.
 *
 * @param name - the parameter's name, for the message.
 * @throws {RangeError} when it is not; the message names the parameter, what was expected and what came.
 */
export function requirePositive(name: string, value: number): number {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`"${name}" must be a finite number above 0, received ${value}`);
  }
  return value;
}

/**
 * Returns `value` when it lies in `[lower, upper]`.
 *
 * @throws {RangeError} when it does not, or is NaN.
 */
export function requireInRange(name: string, value: number, lower: number, upper: number): number {
  if (!(value >= lower && value <= upper)) {
    throw new RangeError(`"${name}" must lie in [${lower}, ${upper}], received ${value}`);
  }
  return value;
}
