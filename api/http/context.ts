/** What a request carries on its way through middleware and routes. */
export type AppEnv = {
  Variables: {
    requestId: string;
    /** Id of the caller's key; the empty text without keys. */
    owner: string;
    /** Set once the path is known to be of a call that any web page may use. */
    anyOrigin?: boolean;
  };
};
