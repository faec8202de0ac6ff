import type { Result, Router } from "hono/router";
import { TrieRouter } from "hono/router/trie-router";

/** Others are rare, and their number has no bound. */
const KEPT_METHODS: ReadonlySet<string> = new Set(["GET", "POST"]);

/**
 * Finds the handlers of a path without parameters once and keeps them. The framework's own router for that refuses a
 * literal segment beside a parameter (`/v1/laws/critbatch-joint/surface`, `/v1/laws/:lawId`) and falls back to a
 * search in every request.
 */
export class LiteralRouter<T> implements Router<T> {
  readonly name = "LiteralRouter";
  readonly #router = new TrieRouter<T>();
  readonly #literals = new Set<string>();
  readonly #found = new Map<string, Result<T>>();

  add(method: string, path: string, handler: T): void {
    if (!/[:*]/.test(path)) this.#literals.add(path);
    this.#found.clear();
    this.#router.add(method, path, handler);
  }

  match(method: string, path: string): Result<T> {
    if (!this.#literals.has(path) || !KEPT_METHODS.has(method)) {
      return this.#router.match(method, path);
    }
    const key = `${method} ${path}`;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const found = this.#router.match(method, path);
    this.#found.set(key, found);
    return found;
  }
}
