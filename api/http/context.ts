/** What a request carries on its way through middleware and routes. */
export type AppEnv = {
  Variables: {
    requestId: string;
    /** Set once the path is known to be of a call that any web page may use. */
    anyOrigin?: boolean;
  };
};
