import { describe, expect, it } from 'vitest';
import {
  computesBfloat16,
  hostInstructionSet,
  instructionSet,
  processorFlags,
} from '../../../pipeline/execute/instruction-set.js';

const flags = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const ivyBridge = flags('sse4_1 avx');
const haswell = flags('sse4_1 avx avx2 fma');
const alderLake = flags('sse4_1 avx avx2 fma avx_vnni');
const skylake = flags('sse4_1 avx avx2 fma avx512f avx512bw avx512vl avx512dq');
const cascadeLake = flags('sse4_1 avx avx2 fma avx512f avx512bw avx512vl avx512dq avx512_vnni');

describe('instructionSet', () => {
  it.each([
    [ivyBridge, 'AVX'],
    [haswell, 'AVX2'],
    [alderLake, 'AVX2_VNNI'],
    [skylake, 'AVX512_CORE'],
    [cascadeLake, 'AVX512_CORE_VNNI'],
  ])('is the best that the processor has', (processor, expected) => {
    expect(instructionSet(processor, undefined)).toBe(expected);
  });

  it('names a cap that lowers it, in any case of letters', () => {
    expect(instructionSet(cascadeLake, 'avx2')).toBe('AVX512_CORE_VNNI, at most AVX2');
  });

  it.each(['AVX512_CORE_VNNI', 'AVX512_CORE_AMX', 'ALL', 'no such set', ''])(
    'is not changed by %j, which caps nothing there',
    (cap) => {
      expect(instructionSet(cascadeLake, cap)).toBe('AVX512_CORE_VNNI');
    },
  );

  it('is the architecture alone where flags say nothing', () => {
    expect(instructionSet(new Set(), 'AVX2')).toBe(process.arch);
  });
});

describe('computesBfloat16', () => {
  it.each([
    ['avx512_bf16', undefined, true],
    ['amx_bf16', undefined, true],
    ['avx512_bf16', 'avx512_core_bf16', true],
    ['amx_bf16', 'AVX512_CORE_VNNI', false],
    ['amx_bf16', 'no such set', true],
    ['avx512_vnni', undefined, false],
  ])('with %s and the cap %j: %j', (flag, cap, expected) => {
    expect(computesBfloat16(new Set([...cascadeLake, flag]), cap)).toBe(expected);
  });
});

it('reads the flags of the first processor', () => {
  const text =
    'processor\t: 0\nflags\t\t: fpu sse4_1 avx\nbugs\t\t: spectre\n\nprocessor\t: 1\nflags\t\t: fpu\n';
  expect(processorFlags(text)).toEqual(new Set(['fpu', 'sse4_1', 'avx']));
});

describe('hostInstructionSet', () => {
  it('is the same for the same processor and cap', () => {
    expect(hostInstructionSet({})).toBe(hostInstructionSet({}));
    expect(hostInstructionSet({ ONEDNN_MAX_CPU_ISA: 'SSE41' })).toMatch(/^SSE41$|, at most SSE41$|^arm/);
  });
});
