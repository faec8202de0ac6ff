import { type KeyDatabase, KeyStore } from "../../api/jobs/stores/key-store.ts";

/** What `npm run keys` asks, of a running service or of its folder. */
export type KeyCommand =
  | { readonly keys: "create"; readonly name: string }
  | { readonly keys: "list" }
  | { readonly keys: "revoke"; readonly name: string };

export interface KeyReply {
  readonly lines: readonly string[];
  readonly isDone: boolean;
}

async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
}

/** Carries out a command on the service's database. */
export async function runKeyCommand(database: unknown, command: KeyCommand): Promise<KeyReply> {
  const keys = new KeyStore(database as KeyDatabase, sha256Hex, () => Date.now());
  switch (command.keys) {
    case "create":
      return created(command.name, await keys.create(command.name));
    case "revoke":
      return (await keys.revoke(command.name))
        ? {
            lines: [`revoked ${command.name}; calls with it are refused within 5 seconds`],
            isDone: true,
          }
        : { lines: [`no key in use has the name or id ${command.name}`], isDone: false };
    case "list": {
      const records = await keys.list();
      const lines = records.map(({ keyId, name, createdMs, revokedMs }) =>
        [
          keyId,
          dayOf(createdMs),
          revokedMs === 0 ? "in use" : `revoked ${dayOf(revokedMs)}`,
          name,
        ].join("  "),
      );
      return { lines: lines.length === 0 ? ["no keys: calls need none"] : lines, isDone: true };
    }
  }
}

function created(
  name: string,
  made: { readonly key: string; readonly keyId: string } | undefined,
): KeyReply {
  if (made === undefined) {
    return {
      lines: [`a key named ${name} is in use; revoke it first, or choose another name`],
      isDone: false,
    };
  }
  return {
    lines: [
      made.key,
      `the key ${name} (${made.keyId}); it is not shown again. From now on calls need a key.`,
    ],
    isDone: true,
  };
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
