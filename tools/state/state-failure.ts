/** Something is wrong with the state folder. Its message says what, in one sentence: shown without a stack. */
export class StateFailure extends Error {}
