import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../base/atomic-write.js';
import { canonicalJson, type Json } from '../base/canonical.js';
import type { DeviceConfig } from '../contract/config.js';
import type { DeviceProbe } from '../contract/device.js';
import type { StoreLayout } from './layout.js';

interface ProbeDocument {
  readonly schema: 1;
  /** What was asked: the answer says nothing about another address or interpreter of the same name. */
  readonly asked: Json;
  readonly at: string;
  readonly probe: DeviceProbe;
}

/** What each device said of itself when it was last asked: `artifacts/devices/<name>.json`. */
export class ProbeStore {
  readonly #layout: StoreLayout;

  constructor(layout: StoreLayout) {
    this.#layout = layout;
  }

  /** Null when this device was never asked, or only under other settings. */
  last(device: DeviceConfig): DeviceProbe | null {
    try {
      const document = JSON.parse(readFileSync(this.#path(device), 'utf8')) as ProbeDocument;
      const same = canonicalJson(document.asked) === canonicalJson(questionTo(device));
      return document.schema === 1 && same ? document.probe : null;
    } catch {
      // No file, or a torn one: it can be asked again at any time.
      return null;
    }
  }

  write(device: DeviceConfig, probe: DeviceProbe): void {
    const document = { schema: 1, asked: questionTo(device), at: new Date().toISOString(), probe };
    writeFileAtomically(this.#path(device), `${JSON.stringify(document, null, 2)}\n`);
  }

  #path(device: DeviceConfig): string {
    return join(this.#layout.devices, `${device.name}.json`);
  }
}

function questionTo({ transport, host, port, python }: DeviceConfig): Json {
  return { transport, host, port, python };
}
