import type { Coordinates, DeviceConfig, ModelConfig } from '../../../pipeline/contract/config.js';
import type { ResolveContext } from '../../../pipeline/contract/stage.js';

/** What a definition sees when it resolves, with nothing but what a test is about. */
export function resolveContext(
  given: {
    readonly coordinates?: Coordinates;
    readonly axes?: NonNullable<ResolveContext['axes']>;
    readonly models?: Readonly<Record<string, ModelConfig>>;
    readonly devices?: Readonly<Record<string, DeviceConfig>>;
    readonly cpuCount?: number;
    readonly bfloat16?: boolean;
  } = {},
): ResolveContext {
  return {
    coordinates: given.coordinates ?? {},
    ...(given.axes === undefined ? {} : { axes: given.axes }),
    data: { package: null, texts: [], cache: null },
    models: given.models ?? {},
    devices: given.devices ?? {},
    installation: '/installation',
    host: {
      cpuCount: given.cpuCount ?? 2,
      ...(given.bfloat16 === undefined ? {} : { bfloat16: given.bfloat16 }),
    },
  };
}
