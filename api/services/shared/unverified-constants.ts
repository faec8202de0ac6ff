import type { Warning } from "../../../schemas/common.ts";

/** Adam's decays or epsilon were moved by the SDE rule (arXiv:2205.10287): only its learning rate was checked. */
export const SDE_FORM_UNVERIFIED: Warning = {
  code: "sde-form-unverified",
  detail:
    "Adam's epsilon (and, under the sde rule, its decays) follow the SDE rule of arXiv 2205.10287 in a form recalled, " +
    "not checked; its square-root learning rate was checked.",
};

/** Repeated tokens were priced (arXiv:2305.16264): the constant was not checked in the paper. */
export const REPETITION_CONSTANT_UNVERIFIED: Warning = {
  code: "repetition-constant-unverified",
  detail:
    "Repeated tokens are worth U + U R (1 - exp(-(epochs - 1) / R)) with R = 15.4 of arXiv 2305.16264, a constant " +
    "recalled, not checked.",
};
