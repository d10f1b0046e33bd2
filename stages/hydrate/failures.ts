import { CONSENT_NEEDED } from '../../pipeline/base/consent.js';
import type { StageFailure } from '../../pipeline/contract/worker.js';
import type { BadAnswer } from './answer.js';

const RESUME = 'What was answered is kept: the next run goes on from here.';

/** Every way in which hydrate can fail, in words for the user; the codes are listed in the README beside this file. */
export const failures = {
  noToken(tweets: number): StageFailure {
    return {
      code: 'no-token',
      message: `X is to be asked for tweets without a text (${tweets}), and X_BEARER_TOKEN is not set`,
      hint: 'Set X_BEARER_TOKEN to the bearer token of your app at X, or leave the stage out.',
    };
  },

  badToken(): StageFailure {
    return {
      code: 'no-token',
      message: 'X_BEARER_TOKEN holds characters that no token has, such as spaces or line ends',
      hint: 'Set it to the bearer token alone, without the word Bearer and without quotes.',
    };
  },

  consentNeeded(estimate: string): StageFailure {
    return {
      code: CONSENT_NEEDED,
      message: estimate,
      hint: 'Nothing was asked yet. Run again with --yes to go on.',
    };
  },

  unauthorized(): StageFailure {
    return {
      code: 'unauthorized',
      message: 'X does not know the bearer token in X_BEARER_TOKEN (401)',
      hint: `Take a new one from your app at X. ${RESUME}`,
    };
  },

  forbidden(detail: string): StageFailure {
    return {
      code: 'forbidden',
      message: `X does not allow this app to look up tweets (403): ${detail}`,
      hint: `Look at the plan and the access level of your app. ${RESUME}`,
    };
  },

  usageCapped(detail: string): StageFailure {
    return {
      code: 'usage-capped',
      message: `The usage cap of your plan is reached: ${detail}`,
      hint: `Waiting for the rate limit would not help; a new month or another plan does. ${RESUME}`,
    };
  },

  refused(status: number, detail: string): StageFailure {
    return {
      code: 'request-refused',
      message: `X refuses the request (${status}): ${detail}`,
      hint: `Asking again would not change that; check \`host\`. ${RESUME}`,
    };
  },

  badAnswer(host: string, { kind, detail }: BadAnswer): StageFailure {
    const what = {
      'not-json': `no JSON but ${detail}`,
      'other-form': `JSON of another form (${detail})`,
      'wrong-ids': `tweets that were not asked for (${detail})`,
    }[kind];
    return {
      code: 'bad-answer',
      message: `${host} answers with ${what}, again and again`,
      hint: `Something between here and X may answer in its place: check \`host\` and your network. ${RESUME}`,
    };
  },

  unreachable(host: string, problem: string, attempts: number): StageFailure {
    return {
      code: 'unreachable',
      message: `${host} could not be asked, ${attempts} times in a row: ${problem}`,
      hint: `Check your network, or wait. ${RESUME}`,
    };
  },

  untrusted(host: string, problem: string): StageFailure {
    return {
      code: 'untrusted-certificate',
      message: `The certificate of ${host} is not trusted: ${problem}`,
      hint: 'Where a gateway of yours answers, SSL_CERT_FILE names the certificate of its authority.',
    };
  },

  badCertificateFile(file: string, problem: string): StageFailure {
    return { code: 'untrusted-certificate', message: `SSL_CERT_FILE cannot be used: ${problem}`, file };
  },

  journal(file: string, problem: string): StageFailure {
    return {
      code: 'journal-unusable',
      message: `The journal of answers cannot be used: ${problem}`,
      hint: 'It is in the cache folder (EDGELINE_CACHE): check its rights and the space there.',
      file,
    };
  },

  aborted(done: number, total: number): StageFailure {
    return {
      code: 'aborted',
      message: `Stopped after ${done} of ${total} tweets`,
      hint: RESUME,
    };
  },
} as const;
