import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { writeFileAtomically } from '../../pipeline/base/atomic-write.js';
import { canonicalJson } from '../../pipeline/base/canonical.js';
import { JsonLinesWriter, readJsonLines } from '../../pipeline/base/json-lines.js';
import { err, ok, type Result } from '../../pipeline/base/result.js';
import type { StageContext, StageFailure, StageWorker } from '../../pipeline/contract/worker.js';
import { askAll } from './ask-all.js';
import { hydrationCard, missingIds } from './card.js';
import { droppedRows } from './dropped-rows.js';
import { estimateText } from './estimate.js';
import { failures } from './failures.js';
import { AnswerJournal, journalPath } from './journal.js';
import { isWanted, type Row } from './row.js';

interface Settings {
  readonly in_flight: number;
  readonly requests_per_window?: number;
  readonly price_per_1000?: number;
  readonly monthly_cap?: number;
  readonly backoff_seconds: number;
  readonly timeout_seconds: number;
}

export const run: StageWorker = async (context) => {
  const { job, log, signal } = context;
  const host = job.options.host as string;
  const language = job.options.language as string;
  const input = job.inputs.rows?.[0]?.path;
  const { rows, card } = job.outputs;
  if (input === undefined || rows === undefined || card === undefined) {
    throw new Error('Internal error: the job of hydrate lacks its input or its outputs');
  }
  const wanted = new Set<string>();
  for await (const row of readJsonLines<Row>(input)) if (isWanted(row, language)) wanted.add(row.id);
  const opened = await openJournal(context, host);
  if (!opened.ok) return opened;
  const journal = opened.value;
  try {
    const left = [...wanted].filter((id) => !journal.answers.has(id));
    if (left.length > 0) {
      const asked = await ask(context, host, left, journal);
      if (!asked.ok) return asked;
    }
    if (signal.aborted) return err(failures.aborted(wanted.size - left.length, wanted.size));
    const writer = new JsonLinesWriter(rows);
    let rowsFilled = 0;
    for await (const row of readJsonLines<Row>(input)) {
      const answer = row.text === null && wanted.has(row.id) ? journal.answers.get(row.id) : undefined;
      if (answer === undefined || !('text' in answer)) writer.write({ ...row });
      else {
        rowsFilled += 1;
        writer.write({ ...row, text: answer.text });
      }
    }
    const digest = writer.close();
    const dropped = droppedRows(job.inputs.fetched?.[0]?.path);
    const hydration = { host, language, wanted: [...wanted], answers: journal.answers, rowsFilled, dropped };
    const missing = missingIds(hydration.wanted, journal.answers);
    const warnings = missing.map(
      ([why, ids]) => `tweets without a text, ${why.replaceAll('-', ' ')}: ${ids.length}`,
    );
    for (const warning of warnings) log('warning', warning);
    writeFileAtomically(card, `${canonicalJson(hydrationCard(hydration, warnings, digest))}\n`);
    const without = missing.reduce((sum, [, ids]) => sum + ids.length, 0);
    return ok({ asked: wanted.size, found: wanted.size - without, rows_filled: rowsFilled });
  } finally {
    journal.close();
  }
};

async function openJournal(
  { job, log, signal }: StageContext,
  host: string,
): Promise<Result<AnswerJournal, StageFailure>> {
  try {
    const onWait = (holder: string): void =>
      log('info', `the journal of ${host} is used by ${holder}: waiting`);
    const journal = await AnswerJournal.open(job.cache_dir, host, onWait, signal);
    if (journal === null) return err(failures.aborted(0, 0));
    if (journal.damaged > 0)
      log('warning', `lines of ${journal.path} that cannot be read: ${journal.damaged}`);
    return ok(journal);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return err(failures.journal(journalPath(job.cache_dir, host), message));
  }
}

async function ask(
  { job, log, signal, progress }: StageContext,
  host: string,
  left: readonly string[],
  journal: AnswerJournal,
): Promise<Result<void, StageFailure>> {
  const settings = job.settings as unknown as Settings;
  const token = (process.env.X_BEARER_TOKEN ?? '').trim();
  if (token === '') return err(failures.noToken(left.length));
  if (!/^[!-~]+$/.test(token)) return err(failures.badToken());
  const authorities = readAuthorities(process.env.SSL_CERT_FILE);
  if (!authorities.ok) return authorities;
  const estimate = estimateText({
    host,
    tweets: left.length,
    limit: settings.requests_per_window ?? journal.limit,
    pricePer1000: settings.price_per_1000,
    monthlyCap: settings.monthly_cap,
  });
  if (job.consent !== true) return err(failures.consentNeeded(estimate));
  log('info', estimate);
  const access = { host, token, authorities: authorities.value, timeoutSeconds: settings.timeout_seconds };
  return askAll(left, journal, {
    access,
    inFlight: settings.in_flight,
    backoffSeconds: settings.backoff_seconds,
    signal,
    progress: (done, total, phase) => progress(done, total, 'tweets', phase),
  });
}

function readAuthorities(file: string | undefined): Result<string | undefined, StageFailure> {
  if (file === undefined || file === '') return ok(undefined);
  try {
    const authorities = readFileSync(file, 'utf8');
    // TLS takes what is no certificate in silence, and trusts nobody then.
    new X509Certificate(authorities);
    return ok(authorities);
  } catch (error) {
    return err(failures.badCertificateFile(file, (error as Error).message));
  }
}
