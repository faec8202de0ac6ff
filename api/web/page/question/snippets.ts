import type { RecommendationRequest } from "../../../../sdk/generated/schema.ts";

export type Language = "curl" | "typescript" | "python";

/** The same question as code that runs as copied (tests/browser runs it). */
export function snippet(language: Language, body: RecommendationRequest, origin: string): string {
  return WRITERS[language](body, origin);
}

const WRITERS: Readonly<Record<Language, (body: RecommendationRequest, origin: string) => string>> =
  {
    curl: (body, origin) => {
      // In a shell's single quotes only the quote itself has to be written otherwise.
      const json = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
      return `curl -s ${origin}/v1/recommendations -H 'Content-Type: application/json' -d '${json}'\n`;
    },
    typescript: (body, origin) =>
      [
        'import { Critbatch } from "critbatch";',
        "",
        `const critbatch = new Critbatch({ baseUrl: ${JSON.stringify(origin)} });`,
        `const answer = await critbatch.recommend(${JSON.stringify(body, null, 2)});`,
        "console.log(answer.summary);",
        "",
      ].join("\n"),
    python: (body, origin) =>
      [
        "import json, urllib.request",
        "",
        // A string of JSON is read back as it is: JSON and Python spell true and null differently.
        `question = json.loads(r'''${JSON.stringify(body, null, 4).replaceAll("'", "\\u0027")}''')`,
        "request = urllib.request.Request(",
        `    ${JSON.stringify(`${origin}/v1/recommendations`)},`,
        "    data=json.dumps(question).encode(),",
        '    headers={"Content-Type": "application/json"},',
        ")",
        "with urllib.request.urlopen(request) as response:",
        '    print(json.load(response)["summary"])',
        "",
      ].join("\n"),
  };
