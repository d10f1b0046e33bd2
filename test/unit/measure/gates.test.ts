import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { GateName } from '../../../pipeline/contract/gate.js';
import { isInvalid, judge, type Measured } from '../../../pipeline/measure/gates.js';
import type { TelemetryLine } from '../../../pipeline/measure/messages.js';

/** Samples ten times a second of a quiet board that computes on one core from 2 s to 8 s. */
function quiet(
  change: (sample: TelemetryLine, index: number) => Partial<TelemetryLine> = () => ({}),
): Measured {
  const samples = Array.from({ length: 100 }, (_, index): TelemetryLine => {
    const t_s = index / 10;
    const working = Math.min(Math.max(t_s - 2, 0), 6);
    const sample: TelemetryLine = {
      t_s,
      phase: 'window',
      ...{ cpu_percent: 25, cpu_percent_process: 100, rss_bytes: 80_000_000 },
      frequency_mhz: 1200,
      ...(index % 10 === 0 ? { throttled: 0 } : {}),
      busy_s_total: 100 + working + 0.02 * t_s,
      stolen_s_total: 5,
      sampler_s_total: 0.005 * t_s,
      swapped_in_bytes_total: 4096,
      ...(working > 0 && working < 6 ? { process_s_total: working, major_faults_total: 12 } : {}),
    };
    return { ...sample, ...change(sample, index) };
  });
  const windows = [
    { from_s: 3, to_s: 5, neighbours: [] },
    { from_s: 5.5, to_s: 7.5, neighbours: [{ pid: 77, name: 'apt-get', cores: 0.8 }] },
  ];
  return {
    samples,
    windows,
    governor: { name: 'performance', pinned_mhz: 1200 },
    clockJump: 0,
    clockOffset: 0.02,
    power: [],
  };
}

const verdictsOf = (measured: Measured) =>
  Object.fromEntries(judge(measured).map(({ gate, verdict }) => [gate, verdict]));
const failuresOf = (measured: Measured) => judge(measured).filter(({ verdict }) => verdict === 'failed');

it.each(['docs/guide/desk.md', 'stages/evaluate/README.md'])('%s has a line for every gate', (file) => {
  const lines = readFileSync(file, 'utf8').split('\n');
  const named = lines.flatMap((line) => /^\| `([a-z-]+)` +\|/.exec(line)?.[1] ?? []);
  expect(named).toEqual(expect.arrayContaining(judge(quiet()).map(({ gate }) => gate)));
});

it('a clean run trips none', () => {
  expect(new Set(Object.values(verdictsOf(quiet())))).toEqual(new Set(['passed']));
  expect(isInvalid(judge(quiet()))).toBe(false);
});

describe('each fault trips its own gate alone', () => {
  const at = (second: number, change: Partial<TelemetryLine>) =>
    quiet((_, index) => (index === second * 10 ? change : {}));
  const growing = (from: number, change: (by: number) => Partial<TelemetryLine>) =>
    quiet((sample) => (sample.t_s >= from ? change(sample.t_s - from) : {}));
  const cases: [GateName, string, Measured, RegExp][] = [
    ['under-voltage', 'bit 0 in a window', at(4, { throttled: 0x1 }), /4\.63 V at 4\.0 s \(mask 0x1\)/],
    ['under-voltage', 'bit 16 is new afterwards', at(9, { throttled: 0x10000 }), /at 9\.0 s/],
    ['throttling', 'the clock capped', at(4, { throttled: 0x2 }), /its clock capped at 4\.0 s/],
    ['throttling', 'too hot', at(4, { throttled: 0x8 }), /soft temperature limit at 4\.0 s/],
    ['throttling', 'bit 18 is new', at(9, { throttled: 0x40000 }), /throttled at 9\.0 s/],
    [
      'frequency',
      'two of 42 samples below the pinned clock',
      quiet((_, index) => (index === 40 || index === 41 ? { frequency_mhz: 600 } : {})),
      /2 of 42 samples are below 1200 MHz, the lowest 600 MHz/,
    ],
    [
      'swap',
      'pages come back from swap',
      growing(4, () => ({ swapped_in_bytes_total: 12_288 })),
      /8192 bytes were read back from swap, first at 4\.0 s/,
    ],
    [
      'page-faults',
      'the model is read from the card',
      quiet(({ t_s, process_s_total }) =>
        t_s >= 4 && process_s_total !== undefined ? { major_faults_total: 15 } : {},
      ),
      /3 page faults waited for the disk, first at 4\.0 s/,
    ],
    [
      'neighbours',
      'something else works',
      quiet((sample) =>
        sample.t_s >= 5.5 ? { busy_s_total: sample.busy_s_total + 0.8 * (sample.t_s - 5.5) } : {},
      ),
      /0\.8\d processors, most of it apt-get \(process 77\)/,
    ],
    [
      'stolen-time',
      'the hypervisor takes a fifth',
      growing(3, (by) => ({ stolen_s_total: 5 + by / 5 })),
      /gave 20 % of a processor to other machines/,
    ],
    ['clock', 'somebody sets the clock', { ...quiet(), clockJump: -10 }, /set by -10\.0 s while it measured/],
    [
      'power-samples',
      'the meter missed blocks and was pulled',
      {
        ...quiet(),
        power: [
          { gate: 'meter-lost', message: 'the meter went away', samples: [] },
          {
            gate: 'meter-dropped',
            message: '1.50 % of the power samples in window 1 are missing',
            samples: [{ from_s: 4.2, to_s: 4.23, missing: 3, restarted: false }],
          },
          {
            gate: 'idle-drift',
            message: 'idle power differs by 9.0 %',
            samples: [{ mean_w: 2.1, from_s: 1, to_s: 2 }],
          },
        ],
      },
      /^the meter went away \(meter-lost\); 1\.50 % .* missing \(meter-dropped\); .* \(idle-drift\), first at 1\.0 s$/,
    ],
    ['clock', 'the clock is wrong', { ...quiet(), clockOffset: 3600 }, /3600\.0 s off this machine's/],
  ];
  it.each(cases)('%s: %s', (gate, _, measured, words) => {
    const failures = failuresOf(measured);
    expect(failures.map((failure) => failure.gate)).toEqual([gate]);
    expect(failures[0]?.message).toMatch(words);
    if (gate !== 'clock') expect(failures[0]?.samples.length).toBeGreaterThan(0);
    // What the meter missed says nothing of the time that inferences took.
    expect(isInvalid(judge(measured))).toBe(gate !== 'power-samples');
  });

  it('shows what the meter missed, and when', () => {
    const power = [
      {
        gate: 'meter-dropped' as const,
        message: 'some are missing',
        samples: [{ from_s: 4.2, to_s: 4.23, missing: 3, restarted: false }],
      },
      { gate: 'window-outside' as const, message: 'no end', samples: [{ from_s: 7, to_s: 7.5 }] },
    ];
    const gate = judge({ ...quiet(), power }).find((one) => one.gate === 'power-samples');
    expect(gate?.samples).toEqual([
      { t_s: 4.2, value: 3 },
      { t_s: 7, value: 0.5 },
    ]);
  });
});

describe('what is no fault', () => {
  it('one slow sample in a hundred, and a clock that nobody pinned', () => {
    const slow = quiet((_, index) => (index === 40 ? { frequency_mhz: 600 } : {}));
    const hundred = { ...slow, windows: [{ from_s: 0, to_s: 9.9, neighbours: [] }] };
    expect(verdictsOf(hundred).frequency).toBe('passed');
    const shipped = { ...slow, governor: { name: 'ondemand', pinned_mhz: null } };
    expect(judge(shipped).find(({ gate }) => gate === 'frequency')).toMatchObject({
      verdict: 'not-checked',
      message: 'the governor ondemand chose the clock: measured as shipped',
    });
  });

  it('a mask that was there before, and what happens outside of windows', () => {
    expect(failuresOf(quiet(({ throttled }) => (throttled === 0 ? { throttled: 0x50000 } : {})))).toEqual([]);
    expect(failuresOf(quiet((_, index) => (index === 0 ? { throttled: 0x1 } : {})))).toEqual([]);
    // The answers before made it hot; it has cooled down since.
    const hot = quiet(({ t_s, throttled }) =>
      throttled === undefined || t_s === 0 ? {} : { throttled: t_s < 2 ? 0x40004 : 0x40000 },
    );
    expect(failuresOf(hot)).toEqual([]);
    const loading = quiet(({ t_s, process_s_total }) =>
      process_s_total === undefined ? {} : { major_faults_total: t_s < 2.9 ? 3 : 40 },
    );
    expect(failuresOf(loading)).toEqual([]);
  });

  it('what the machine does not tell is not called passed', () => {
    const silent = quiet(() => ({ throttled: null, frequency_mhz: null }));
    expect(verdictsOf(silent)).toMatchObject({
      'under-voltage': 'not-checked',
      throttling: 'not-checked',
      frequency: 'not-checked',
    });
    expect(judge({ ...quiet(), power: null }).at(-1)).toMatchObject({
      gate: 'power-samples',
      verdict: 'not-checked',
      message: 'no power meter recorded it',
    });
    const few = { ...quiet(), windows: [{ from_s: 4.01, to_s: 4.02, neighbours: [] }] };
    expect(verdictsOf(few)).toMatchObject({ swap: 'not-checked', neighbours: 'not-checked' });
  });
});
