import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { JsonLinesWriter } from '../../pipeline/base/json-lines.js';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { DeviceClient } from '../../pipeline/contract/device.js';
import type { MeterFailure, PowerClass, TimeSpan } from '../../pipeline/contract/meter.js';
import type { DeviceMeter, EvaluationEnergy } from '../../pipeline/contract/metering.js';
import type { StageContext, StageFailure } from '../../pipeline/contract/worker.js';
import type { MeasuringOptions } from '../../pipeline/measure/agent-arguments.js';
import { type ClockReading, momentsOf, readingOf } from '../../pipeline/measure/board-moments.js';
import { deviceStageFailure } from '../../pipeline/measure/device-failure.js';
import { evaluationEnergy, restsOf } from '../../pipeline/measure/evaluation-energy.js';
import type { AgentReport } from '../../pipeline/measure/run-agent.js';
import { METER_CALIBRATION } from '../_shared/metering.js';
import { ENERGY_SECONDS } from '../_shared/protocols.js';

export interface EvaluateOptions extends MeasuringOptions {
  /** Only where a meter records. */
  readonly meter?: { readonly kind: string; readonly class: PowerClass };
}

/** The power meter's part of an evaluation: it records from before anything else until the agent has ended. */
export class Metering {
  readonly #meter: DeviceMeter;
  readonly #context: StageContext;
  /** All that arrives, through hours of answers; what belongs to the windows is kept of it. */
  readonly #recording: string;
  #before: ClockReading | null = null;
  #isEnded = false;
  #isTold = false;

  private constructor(meter: DeviceMeter, context: StageContext) {
    this.#meter = meter;
    this.#context = context;
    this.#recording = join(context.job.scratch_dir, 'meter.jsonl');
  }

  /** Null where nothing is to be recorded. */
  static async begin(
    context: StageContext,
    { meter }: EvaluateOptions,
  ): Promise<Result<Metering | null, StageFailure>> {
    const { job, log } = context;
    if (meter === undefined) {
      if (job.device?.meter?.kind === 'csv') {
        log(
          'info',
          `the meter of ${job.device.name} writes its table by itself, so no energy is computed here: import it with \`pipeline meter import\`, then \`pipeline meter energy\``,
        );
      }
      return ok(null);
    }
    if (context.meter === undefined) throw new Error(`Internal error: ${job.instance} has no meter`);
    const opened = await context.meter();
    if (!opened.ok) return err(meterStageFailure(opened.error));
    const metering = new Metering(opened.value, context);
    await mkdir(job.scratch_dir, { recursive: true });
    const started = await opened.value.start(metering.#recording);
    return started.ok ? ok(metering) : err(meterStageFailure(started.error));
  }

  /** The agent's context, which says at once when the meter has gone. */
  watched(context: StageContext): StageContext {
    return {
      ...context,
      progress: (...told) => {
        this.#tellLoss();
        context.progress(...told);
      },
    };
  }

  /** Reads the device's clock right before its agent starts. */
  async readClock(device: DeviceClient): Promise<Result<void, StageFailure>> {
    const probe = await device.probe();
    if (!probe.ok) return err(deviceStageFailure(probe.error));
    this.#before = readingOf(probe.value);
    return ok(undefined);
  }

  /** Ends the recording, keeps it in `out` and computes what the windows used. */
  async energyOf({ device, hello, result }: AgentReport, out: string): Promise<EvaluationEnergy> {
    if (this.#before === null) throw new Error('Internal error: no clock was read before the agent started');
    // Without a second reading the first one has to do; what else is wrong with the device shows right after.
    const probe = await device.probe();
    const after = probe.ok ? readingOf(probe.value) : null;
    let lost = await this.#stop();
    const [first, ...rest] = result.windows.map(spanOf);
    if (first === undefined) throw new Error('Internal error: a metered evaluation has no windows');
    await mkdir(out, { recursive: true });
    const work = {
      windows: [first, ...rest] as const,
      idle: restsOf(result),
      ...momentsOf(this.#before, after, result),
    };
    const energy = await this.#meter.energyOf(this.#recording, join(out, 'meter.jsonl'), work);
    if (energy.ok) {
      const writer = new JsonLinesWriter(join(out, 'power.jsonl'));
      for (const { t_s, power_w } of energy.value.power) writer.write({ t_s, power_w });
      writer.close();
    } else lost ??= energy.error;
    return evaluationEnergy(result, {
      meter: this.#meter,
      calibrated: this.#context.job.external[METER_CALIBRATION] !== undefined,
      lost,
      energy: energy.ok ? energy.value : null,
      emulated: hello.emulated,
      needed_s: ENERGY_SECONDS,
    });
  }

  /** Lets go of the meter, whatever happened. */
  async end(): Promise<void> {
    await this.#stop();
  }

  async #stop(): Promise<MeterFailure | null> {
    if (!this.#isEnded) await this.#meter.stop();
    this.#isEnded = true;
    return this.#meter.failure;
  }

  #tellLoss(): void {
    if (this.#isTold || this.#meter.failure === null) return;
    this.#isTold = true;
    const { message, hint } = this.#meter.failure;
    this.#context.log('warning', `${message}; the timing goes on, its energy is INVALID. ${hint ?? ''}`);
  }
}

const spanOf = ({ from_s, to_s }: TimeSpan): TimeSpan => ({ from_s, to_s });

/** The codes are listed in the README. */
function meterStageFailure({ reason, message, hint }: MeterFailure): StageFailure {
  return { code: `meter-${reason}`, message, ...(hint === undefined ? {} : { hint }) };
}
