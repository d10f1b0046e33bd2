import { unreachable } from '../base/unreachable.js';
import type { FigureDifference, FileDifference, Tolerance, Verification } from '../contract/verify.js';
import { bytes, counted, duration } from './format.js';
import { failureMessage } from './messages.js';
import { oneLine, wrap } from './text.js';

const FILES_SHOWN = 5;

/**
 * What running an instance a second time gave, the first difference first.
 *
 * @param log project-relative path of the worker's log, of one that failed
 */
export function verificationLines(verification: Verification, width: number, log?: string): string[] {
  const { instance, outcome, files, figures, wall_seconds, failure } = verification;
  const time = duration(wall_seconds);
  const lines = [`${oneLine(instance)}: ${outcomeText(verification)} (${time})`];
  if (outcome === 'failed' && failure !== undefined) {
    const { text, hint } = failureMessage(failure, instance, log);
    lines.push(`  ${text}`, ...(hint === null ? [] : [`  ${hint}`]));
  }
  lines.push(...files.slice(0, FILES_SHOWN).map((file) => `  ${fileText(file)}`));
  if (files.length > FILES_SHOWN) lines.push(`  and ${counted(files.length - FILES_SHOWN, 'more file')}`);
  lines.push(...figures.map((figure) => `  ${figureText(figure)}`));
  return lines.flatMap((line) => wrap(line, width, '    '));
}

function outcomeText({ outcome, files }: Verification): string {
  switch (outcome) {
    case 'identical':
      return 'identical, every byte of every output';
    case 'within-tolerance':
      return `the same within what it declares; ${counted(files.length, 'file')} of measurements with other bytes`;
    case 'differs':
      return `differs in ${counted(files.length, 'file')}`;
    case 'failed':
      return 'could not be run again';
    default:
      return unreachable(outcome);
  }
}

function fileText({ path, before, after, first_difference: offset }: FileDifference): string {
  if (before === null) return `${path} is new`;
  if (after === null) return `${path} is missing`;
  const sizes =
    before.size === after.size ? bytes(after.size) : `${bytes(before.size)} -> ${bytes(after.size)}`;
  return offset === null ? `${path} differs, ${sizes}` : `${path} differs from byte ${offset} on, ${sizes}`;
}

function figureText({ name, before, after, tolerance, within }: FigureDifference): string {
  const change =
    before === after ? `${name} ${String(after)}` : `${name} ${String(before)} -> ${String(after)}`;
  if (tolerance === null) return `${change} (not judged)`;
  const limits = limitsText(tolerance);
  if (limits === '') return within ? `${change}, equal as it must be` : `${change}, must be equal`;
  return `${change}, ${within ? 'within' : 'beyond'} ${limits}`;
}

function limitsText({ absolute, relative }: Tolerance): string {
  const limits = [
    absolute === undefined || absolute === 0 ? '' : `${absolute}`,
    relative === undefined || relative === 0 ? '' : `${Number((relative * 100).toPrecision(3))} %`,
  ];
  return limits.filter((text) => text !== '').join(' or ');
}
