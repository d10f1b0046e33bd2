import type { Json } from '../base/canonical.js';
import { err, ok, type Result } from '../base/result.js';
import type { WorkerMessage } from '../contract/worker.js';

type Fields = { readonly [key: string]: Json | undefined };

/** One line of a worker's protocol, checked field by field; the error says what is wrong with it. */
export function parseWorkerMessage(line: string): Result<WorkerMessage, string> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return err('it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return err('it is not an object');
  const fields = value as Fields;
  switch (fields.type) {
    case 'hello':
      return fields.protocol === 1
        ? ok({ type: 'hello', protocol: 1 })
        : err(`protocol ${String(fields.protocol)} is not 1; worker and engine are of different versions`);
    case 'progress':
      if (!isNumber(fields.done) || typeof fields.unit !== 'string')
        return err('progress needs done and unit');
      return ok({
        type: 'progress',
        done: fields.done,
        unit: fields.unit,
        ...(isNumber(fields.total) ? { total: fields.total } : {}),
        ...(typeof fields.phase === 'string' ? { phase: fields.phase } : {}),
      });
    case 'metric':
      if (typeof fields.name !== 'string' || !isNumber(fields.value))
        return err('metric needs name and a finite value');
      return ok({
        type: 'metric',
        name: fields.name,
        value: fields.value,
        ...(isNumber(fields.step) ? { step: fields.step } : {}),
      });
    case 'log':
      if ((fields.level !== 'info' && fields.level !== 'warning') || typeof fields.message !== 'string') {
        return err('log needs level (info or warning) and message');
      }
      return ok({ type: 'log', level: fields.level, message: fields.message });
    case 'result':
      if (typeof fields.summary !== 'object' || fields.summary === null || Array.isArray(fields.summary)) {
        return err('result needs a summary object');
      }
      return ok({ type: 'result', summary: fields.summary as Readonly<Record<string, Json>> });
    case 'failure':
      if (typeof fields.code !== 'string' || typeof fields.message !== 'string') {
        return err('failure needs code and message');
      }
      return ok({
        type: 'failure',
        code: fields.code,
        message: fields.message,
        ...(typeof fields.hint === 'string' ? { hint: fields.hint } : {}),
        ...(typeof fields.file === 'string' ? { file: fields.file } : {}),
        ...(isNumber(fields.line) ? { line: fields.line } : {}),
      });
    default:
      return err(`its type ${JSON.stringify(fields.type ?? null)} is not one of the protocol's`);
  }
}

function isNumber(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
