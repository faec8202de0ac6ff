/** The bindings and variables of wrangler.toml. */
export interface Bindings {
  readonly ASSETS: { readonly fetch: (request: Request) => Promise<Response> };
  /** "1" when whoever started the service bound it to a loopback address. */
  readonly BOUND_TO_LOOPBACK?: string;
  /** "1" when the owner opens the service to whoever can reach it. */
  readonly ALLOW_OPEN?: string;
  /** Host names, separated by commas; `*` allows every name. */
  readonly ALLOWED_HOSTS?: string;
}

/** Who may call. */
export interface AccessPolicy {
  readonly boundToLoopback: boolean;
  readonly allowOpen: boolean;
  /** In lower case, without port. */
  readonly allowedHosts: ReadonlySet<string>;
}

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"] as const;

/** Reads the access policy out of the variables; loopback names are allowed only when bound there. */
export function parseAccess(variables: Omit<Bindings, "ASSETS">): AccessPolicy {
  const boundToLoopback = variables.BOUND_TO_LOOPBACK === "1";
  const named = (variables.ALLOWED_HOSTS ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  return {
    boundToLoopback,
    allowOpen: variables.ALLOW_OPEN === "1",
    allowedHosts: new Set(boundToLoopback ? [...LOOPBACK_NAMES, ...named] : named),
  };
}
