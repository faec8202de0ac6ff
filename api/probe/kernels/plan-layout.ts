// Word offsets of a model's plan block: written once by memory-plan.ts, read by the kernels. This file
// is compiled by both languages.

export const KIND = 0;
export const LAYERS = 1;
export const PARAM_COUNT = 2;
export const PARAMS = 3;
export const GRADIENT = 4;
export const FIRST_MOMENT = 5;
export const SECOND_MOMENT = 6;
export const AVERAGE = 7;
export const OPTIMIZER = 8;
export const BATCH = 9;
export const MICRO = 10;
export const TRAIN_COUNT = 11;
export const STEP = 12;
export const DONE_IN_STEP = 13;
export const SEED = 14;
export const WARMUP_STEPS = 15;
export const AVERAGING = 16;
export const TRAIN_INPUT = 17;
export const TRAIN_TARGET = 18;
export const EVALUATION_INPUT = 19;
export const EVALUATION_TARGET = 20;
export const LOSS = 21;
export const ACTIVATION = 22;
export const WORK = 23;
export const INDEX = 24;
export const EXAMPLE_SQUARES = 25;
export const RECORDS = 26;
export const RECORD_COUNT = 27;
export const EXAMPLE_NORMS = 28;
export const DIVERGED = 29;
export const SCALARS = 30;
export const LAYER_TABLE = 31;
export const INPUT_ROWS = 32;
export const PERTURBED = 33;
export const OTHER_GRADIENT = 34;
export const DIRECTION = 35;
export const SPARE_ROWS = 36;

export const CONTEXT = 40;
export const WIDTH = 41;
export const HEADS = 42;
export const VOCABULARY = 43;
export const TIED = 44;
export const SEQUENCE_GRADIENT = 45;
export const LAYER_ACTIVATIONS = 46;
export const LAYER_ACTIVATION_BYTES = 47;
export const RESIDUAL = 48;
export const LOGITS = 49;
export const RESIDUAL_GRADIENT = 50;
export const WIDE = 51;
export const NARROW = 52;
export const SCORES = 53;
export const FINAL_NORMALISED = 54;
export const FINAL_OUTPUT = 55;
export const FINAL_SCALE = 56;
export const PLAN_WORDS = 64;

// Words of one row of an MLP's layer table.
export const TABLE_INPUTS = 0;
export const TABLE_OUTPUTS = 1;
export const TABLE_WEIGHTS = 2;
export const TABLE_BIAS = 3;
export const TABLE_DERIVATIVE = 4;
export const TABLE_OUTPUT = 5;
export const TABLE_WORDS = 8;

// f64 slots of the scalar block.
export const LEARNING_RATE = 0;
export const MOMENTUM_FACTOR = 1;
export const BETA1 = 2;
export const BETA2 = 3;
export const EPSILON = 4;
export const WEIGHT_DECAY = 5;
export const AVERAGING_PARAMETER = 6;
export const LOSS_SUM = 7;
export const SQUARE_SUM = 8;
export const BETA1_POWER = 9;
export const BETA2_POWER = 10;
export const SCALAR_SLOTS = 16;

// Values a training step records, f64 each: mean loss, |g_B|^2, mean over examples of |g_i|^2.
export const RECORD_VALUES = 3;
