import { bergsma2025PowerLines } from "./bergsma2025-power-lines.ts";
import { besiroglu2024 } from "./besiroglu2024.ts";
import { bi2024Deepseek } from "./bi2024-deepseek.ts";
import { bjorck2024Horizon } from "./bjorck2024-horizon.ts";
import { critbatchJoint } from "./critbatch-joint.ts";
import { critbatchRefit } from "./critbatch-refit.ts";
import { hoffmann2022Approach3 } from "./hoffmann2022-approach3.ts";
import { hu2024Minicpm } from "./hu2024-minicpm.ts";
import { kaplan2020 } from "./kaplan2020.ts";
import type { Law } from "./law.ts";
import { li2025StepLaw } from "./li2025-step-law.ts";
import { liu2025Moonlight } from "./liu2025-moonlight.ts";
import { olmoLadder } from "./olmo-ladder.ts";
import { porian2024 } from "./porian2024.ts";
import { schaipp2026 } from "./schaipp2026.ts";
import { shuai2024 } from "./shuai2024.ts";
import { surge2024 } from "./surge2024.ts";
import { zhang2024Cbs } from "./zhang2024-cbs.ts";

/** Every law, sorted by id. */
export const lawCatalogue: readonly Law[] = Object.freeze([
  bergsma2025PowerLines,
  besiroglu2024,
  bi2024Deepseek,
  bjorck2024Horizon,
  critbatchJoint,
  critbatchRefit,
  hoffmann2022Approach3,
  hu2024Minicpm,
  kaplan2020,
  li2025StepLaw,
  liu2025Moonlight,
  olmoLadder,
  porian2024,
  schaipp2026,
  shuai2024,
  surge2024,
  zhang2024Cbs,
]);

/**
 * Returns the law with this id.
 *
 * @param lawId - for example "li2025-step-law".
 * @returns undefined when no law has it.
 */
export function findLaw(lawId: string): Law | undefined {
  return lawCatalogue.find((law) => law.id === lawId);
}
