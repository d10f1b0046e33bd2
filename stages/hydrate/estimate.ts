import { IDS_A_REQUEST } from './ask-all.js';

/** The least that a plan has been seen to allow, where X has not yet said what this one does. */
const CAUTIOUS_LIMIT = 300;
const WINDOW_MINUTES = 15;

export interface EstimateFacts {
  readonly host: string;
  readonly tweets: number;
  /** Requests in a window; undefined where nobody has said. */
  readonly limit: number | undefined;
  readonly pricePer1000: number | undefined;
  readonly monthlyCap: number | undefined;
}

/** What asking will take, for the person who is to agree. The price is for all tweets, found or not. */
export function estimateText({ host, tweets, limit, pricePer1000, monthlyCap }: EstimateFacts): string {
  const requests = Math.ceil(tweets / IDS_A_REQUEST);
  const perWindow = limit ?? CAUTIOUS_LIMIT;
  const hours = ((Math.ceil(requests / perWindow) - 1) * WINDOW_MINUTES) / 60;
  const source = limit === undefined ? ', the least that plans have' : '';
  const time = hours === 0 ? 'no wait' : `some ${hours.toFixed(1)} hours`;
  const price =
    pricePer1000 === undefined
      ? 'the price is not known (`price_per_1000`)'
      : `at most ${((tweets / 1000) * pricePer1000).toFixed(2)} at ${pricePer1000} per 1,000 tweets`;
  const share =
    monthlyCap === undefined
      ? 'the monthly cap is not known (`monthly_cap`)'
      : `${((100 * tweets) / monthlyCap).toFixed(1)} % of the monthly cap of ${grouped(monthlyCap)}`;
  return (
    `${host} is to be asked for ${plural(tweets, 'tweet')} without a text: ${plural(requests, 'request')}, ` +
    `${time} at ${plural(perWindow, 'request')} in ${WINDOW_MINUTES} minutes${source}; ${price}; ${share}`
  );
}

function plural(count: number, what: string): string {
  return `${grouped(count)} ${what}${count === 1 ? '' : 's'}`;
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
