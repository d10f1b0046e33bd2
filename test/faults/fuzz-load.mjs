// Loads what its parent sends, one text at a time, with the built loader: a process of its own, because a loader that
// hangs or ends the process takes the one down that runs it.
import { loadConfig } from '../../dist/pipeline/config/load.js';
import { printDiagnostic } from '../../dist/pipeline/config/print-diagnostic.js';
import { definitions } from '../../dist/stages/registry.js';

process.on('message', ({ text, profiles, sets }) => {
  process.send(answerTo(text, profiles, sets));
});

function answerTo(text, profiles, sets) {
  try {
    const result = loadConfig({ file: '/project/pipeline.yaml', text, profiles, sets, definitions });
    if (result.ok) return { kind: 'loaded' };
    const problem = undrawable(result.error);
    return problem === undefined ? { kind: 'diagnosed' } : { kind: 'crash', problem };
  } catch (error) {
    return {
      kind: 'crash',
      problem: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

/** A diagnostic that cannot be shown is as good as none. */
function undrawable(diagnostics) {
  if (diagnostics.length === 0) return 'refused without a diagnostic';
  for (const diagnostic of diagnostics) {
    const { code, range } = diagnostic;
    if (range === undefined) return `${code} has no place`;
    if (range.text.includes('\n') || range.line < 1 || range.column < 1) return `${code} is nowhere`;
    if (range.column > range.text.length + 1) return `${code} is beyond its line`;
    const printed = printDiagnostic(diagnostic, { color: false, width: 80 });
    if (!printed.includes('^')) return `${code} points at nothing`;
    // A terminal must not obey what a damaged file holds.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\u0000-\u0008\u000b-\u001f\u007f\u0080-\u009f]/.test(printed))
      return `${code} prints control characters`;
  }
  return undefined;
}
