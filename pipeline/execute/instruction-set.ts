import { readFileSync } from 'node:fs';
import { arch } from 'node:os';

/** Caps the instruction set that oneDNN, and so TensorFlow's arithmetic, uses; for example `AVX2`. */
export const INSTRUCTION_SET_VARIABLE = 'ONEDNN_MAX_CPU_ISA';

/** oneDNN's names, worst first, with the flags of /proc/cpuinfo that tell each from the ones before it. */
export const INSTRUCTION_SETS: readonly (readonly [name: string, ...flags: string[]])[] = [
  ['SSE41', 'sse4_1'],
  ['AVX', 'avx'],
  ['AVX2', 'avx2', 'fma'],
  ['AVX2_VNNI', 'avx2', 'avx_vnni'],
  ['AVX512_CORE', 'avx512f', 'avx512bw', 'avx512vl', 'avx512dq'],
  ['AVX512_CORE_VNNI', 'avx512_vnni'],
  ['AVX512_CORE_BF16', 'avx512_bf16'],
  ['AVX512_CORE_FP16', 'avx512_fp16'],
  ['AVX512_CORE_AMX', 'amx_tile', 'amx_int8', 'amx_bf16'],
  ['AVX512_CORE_AMX_FP16', 'amx_fp16'],
];

const FIRST_WITH_BFLOAT16 = 'AVX512_CORE_BF16';

/**
 * What arithmetic is done with, as it stands in action keys: the processor's best set, and the cap where one lowers it.
 * A capped processor is not the same as a lesser one, since TensorFlow looks at the processor and oneDNN at the cap.
 *
 * @param processor flags of the processor
 * @param cap value of ONEDNN_MAX_CPU_ISA; names that oneDNN does not know cap nothing, as there
 */
export function instructionSet(processor: ReadonlySet<string>, cap: string | undefined): string {
  const best = INSTRUCTION_SETS.findLastIndex(([, ...flags]) => flags.every((flag) => processor.has(flag)));
  const [name] = INSTRUCTION_SETS[best] ?? [arch()];
  const limit = INSTRUCTION_SETS.findIndex(([level]) => level === cap?.toUpperCase());
  return limit === -1 || limit >= best ? name : `${name}, at most ${INSTRUCTION_SETS[limit]?.[0]}`;
}

/** The same for this machine; where there is no /proc/cpuinfo only its architecture is known. */
export function hostInstructionSet(env: NodeJS.ProcessEnv): string {
  return instructionSet(processorFlags(readProcessors()), env[INSTRUCTION_SET_VARIABLE]);
}

/** Whether arithmetic in bfloat16 is done by instructions made for it, and is so faster than in float32. */
export function computesBfloat16(processor: ReadonlySet<string>, cap: string | undefined): boolean {
  const limit = INSTRUCTION_SETS.findIndex(([level]) => level === cap?.toUpperCase());
  const first = INSTRUCTION_SETS.findIndex(([level]) => level === FIRST_WITH_BFLOAT16);
  // Some processors have the tiles of AMX and not the vector instruction.
  const has = processor.has('avx512_bf16') || processor.has('amx_bf16');
  return has && (limit === -1 || limit >= first);
}

/** The same for this machine. */
export function hostComputesBfloat16(env: NodeJS.ProcessEnv): boolean {
  return computesBfloat16(processorFlags(readProcessors()), env[INSTRUCTION_SET_VARIABLE]);
}

/** The flags of the first processor in the text of a /proc/cpuinfo. */
export function processorFlags(text: string): ReadonlySet<string> {
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1] ?? '';
  return new Set(flags.trim().split(/\s+/));
}

function readProcessors(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
