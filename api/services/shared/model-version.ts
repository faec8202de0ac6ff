/** Version of laws, constants and policy; moves whenever any answer may change by a byte. */
export const MODEL_VERSION = "2026.11.2";
