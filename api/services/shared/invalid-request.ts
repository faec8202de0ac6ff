/** One place of a request that a service refuses, in the words of the wire. */
export interface RefusedField {
  /** JSON Pointer into the body of the full form. */
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

/** Thrown by a service when a request that its schema allows cannot be answered: a 422 that names the places. */
export class InvalidRequest extends Error {
  readonly fields: readonly RefusedField[];

  constructor(fields: readonly RefusedField[]) {
    super(fields.map(({ pointer, message }) => `${pointer}: ${message}`).join("; "));
    this.fields = fields;
  }
}
