import { unreachable } from '../base/unreachable.js';
import type { Failure } from '../contract/failure.js';
import { duration } from './format.js';
import { oneLine } from './text.js';

export interface FailureMessage {
  /** What happened, where and why: full sentences; the last lines of a crashed worker follow on lines of their own. */
  readonly text: string;
  /** What to do next. */
  readonly hint: string | null;
}

const TAIL_LINES = 5;

/**
 * Puts a failure into words.
 *
 * @param where the instance, for example `fine-tune@seed=3`
 * @param log project-relative path of its log, where one was written
 */
export function failureMessage(failure: Failure, where: string, log?: string): FailureMessage {
  const logHint =
    log === undefined ? `\`npx pipeline logs '${where}'\` shows its log.` : `The whole log is in ${log}.`;
  switch (failure.reason) {
    case 'stage-error': {
      const place =
        failure.file === undefined
          ? ''
          : `${oneLine(failure.file)}${failure.line === undefined ? '' : `:${failure.line}`}: `;
      return {
        text: `${where} failed: ${place}${sentence(failure.message)} [${failure.code}]`,
        hint: failure.hint === undefined ? null : sentence(failure.hint),
      };
    }
    case 'exit-nonzero':
      if (failure.program !== undefined) {
        const program = oneLine(failure.program);
        return {
          text: `${where} failed: its command (${program}) ended with exit code ${failure.exitCode}.${tail(failure.stderrTail)}`,
          hint: `${failure.exitCode === 127 ? 'Exit code 127 means that a program was not found. ' : ''}${logHint}`,
        };
      }
      return {
        text: `${where} failed: its worker ended with exit code ${failure.exitCode} and gave no reason.${tail(failure.stderrTail)}`,
        hint: `${logHint} If nothing in it points to your input, this is a bug of ours: please report it with the log.`,
      };
    case 'signal':
      return {
        text: `${where} failed: its worker was ended by ${failure.signal}.${tail(failure.stderrTail)}`,
        hint:
          failure.signal === 'SIGKILL'
            ? `Nothing in Edgeline sends SIGKILL to a worker that is well; most likely the machine ran out of memory. Free some, lower batch_size or run fewer instances at once. ${logHint}`
            : logHint,
      };
    case 'timed-out':
      return {
        text: `${where} failed: it did not finish within its limit of ${duration(failure.limitSeconds)} and was stopped.`,
        hint: `Raise the limit if the work is really that long. ${logHint}`,
      };
    case 'no-heartbeat':
      return {
        text: `${where} failed: its worker said nothing for ${duration(failure.limitSeconds)}, so it hangs, and was stopped.`,
        hint: logHint,
      };
    case 'spawn-error':
      return {
        text: `${where} failed: its worker could not be started with ${oneLine(failure.command)}: ${sentence(failure.message)}`,
        hint: 'Run `npx pipeline doctor` to see what is missing.',
      };
    case 'protocol-violation':
      return {
        text: `${where} failed: its worker broke the protocol: ${sentence(failure.problem)} The line was: ${quoted(failure.line)}`,
        hint: `Only the protocol may be written to file descriptor 3; everything else belongs on stdout or stderr. ${logHint}`,
      };
    case 'output-missing':
      return {
        text: `${where} failed: it ended well, but did not write its output ${oneLine(failure.output)} (${oneLine(failure.path)}).`,
        hint: logHint,
      };
    case 'input-changed':
      return {
        text: `${where} failed: ${oneLine(failure.path)} changed while it was being read, so the result could not be trusted and was not kept.`,
        hint: 'Run the same command again when nothing else writes to that file.',
      };
    case 'executor-error':
      return {
        text: `${where} failed: executor ${oneLine(failure.executor)}: ${sentence(failure.message)}`,
        hint: failure.hint === undefined ? logHint : sentence(failure.hint),
      };
    case 'device-lost':
      return {
        text: `${where} failed: the connection to device ${oneLine(failure.device)} was lost: ${sentence(failure.message)}`,
        hint: 'Check its power and network, then run the same command again; what is done stays done.',
      };
    case 'store-error':
      return {
        text: `${where} failed: its result could not be stored at ${oneLine(failure.path)}: ${sentence(failure.message)}`,
        hint: 'Check free space and permissions there, then run the same command again.',
      };
    case 'dependency-failed':
      return { text: `${where} was skipped, because ${oneLine(failure.dependency)} failed.`, hint: null };
    case 'not-started': {
      const because = failure.because === 'aborted' ? 'the run was stopped' : 'another instance had failed';
      return { text: `${where} was not started, because ${because}.`, hint: null };
    }
    case 'environment':
      return { text: `${where} failed: ${sentence(failure.message)}`, hint: sentence(failure.hint) };
    case 'aborted':
      return {
        text: `${where} was stopped before it was done.`,
        hint: 'Run the same command again; finished work is reused.',
      };
    default:
      return unreachable(failure);
  }
}

function tail(lines: readonly string[]): string {
  const spoken = lines.map(oneLine).filter((line) => line !== '');
  if (spoken.length === 0) return '';
  return `\n  It wrote at last:${spoken
    .slice(-TAIL_LINES)
    .map((line) => `\n  | ${line}`)
    .join('')}`;
}

function sentence(text: string): string {
  const line = oneLine(text);
  return line === '' || /[.!?…:)`]$/.test(line) ? line : `${line}.`;
}

function quoted(line: string): string {
  const text = oneLine(line);
  return `"${text.length > 120 ? `${text.slice(0, 119)}…` : text}"`;
}
