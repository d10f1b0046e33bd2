import { list } from './template.js';

export type Domain = 'automotive' | 'banking' | 'universities' | 'music';

/** An invented organisation or artist; any likeness is an accident. */
export interface Entity {
  readonly id: string;
  /** How tweets call it. */
  readonly query: string;
  readonly name: string;
  readonly domain: Domain;
  readonly training: number;
  readonly test: number;
  /** What tweets about it are mostly like: reputations differ. */
  readonly polarity: Readonly<Record<Polarity, number>>;
  /** In real life texts of some entities cannot be had any more. */
  readonly testTexts: boolean;
}

export type Polarity = 'POSITIVE' | 'NEUTRAL' | 'NEGATIVE';

const LIKED = { POSITIVE: 0.58, NEUTRAL: 0.27, NEGATIVE: 0.15 };
const MIXED = { POSITIVE: 0.44, NEUTRAL: 0.3, NEGATIVE: 0.26 };
const DISLIKED = { POSITIVE: 0.3, NEUTRAL: 0.3, NEGATIVE: 0.4 };

function entity(
  id: string,
  query: string,
  name: string,
  domain: Domain,
  rows: readonly [number, number],
  polarity: Entity['polarity'],
  testTexts = true,
): Entity {
  return { id, query, name, domain, training: rows[0], test: rows[1], polarity, testTexts };
}

export const ENTITIES: readonly Entity[] = [
  entity('SY2013D01E001', 'Quorvane', 'Quorvane Motor Works', 'automotive', [360, 320], MIXED),
  entity('SY2013D01E002', 'Tessaril', 'Tessaril Automobiles S.A.', 'automotive', [350, 290], LIKED),
  entity('SY2013D01E003', 'Hulvarik', 'Hulvarik Cars', 'automotive', [310, 260], DISLIKED),
  entity('SY2013D02E004', 'Norvaquill', 'Norvaquill Bank plc', 'banking', [340, 290], DISLIKED),
  entity('SY2013D02E005', 'Ostrebank', 'Ostrebank Group', 'banking', [320, 270], MIXED),
  entity('SY2013D03E006', 'Marrowick', 'University of Marrowick', 'universities', [320, 280], LIKED),
  entity(
    'SY2013D03E007',
    'Elvenmoor',
    'Elvenmoor Institute of "Applied" Science',
    'universities',
    [300, 260],
    LIKED,
  ),
  entity('SY2013D04E008', 'Glass Ferrymen', 'The Glass Ferrymen', 'music', [340, 300], LIKED),
  entity('SY2013D04E009', 'Lumi Okarra', 'Lumi Okarra', 'music', [330, 280], MIXED),
  entity('SY2013D04E010', 'Tamborwisp', 'DJ Tamborwisp', 'music', [280, 200], LIKED, false),
];

/** What people like or dislike about an entity of the domain. */
export const ASPECTS: Readonly<Record<Domain, readonly string[]>> = {
  automotive:
    list(`the brakes|the gearbox|the new coupe|the seats|the fuel economy|the dealer in {city}|the dashboard screen|
    the service garage|the paint|the steering|the warranty team|the air conditioning|the headlights|the hybrid engine|
    the boot space|the test drive|the parking sensor|the estate model|the spare parts desk|the delivery date`),
  banking:
    list(`the mobile app|the branch in {city}|the call centre|the savings account|the mortgage team|the online banking|
    the card machine|the overdraft fee|the loan desk|the fraud team|the lunch queue|the exchange rate|the student account|
    the new website|the cash machine on {street}|the insurance offer|the branch manager|the statement|the password reset`),
  universities:
    list(`the library|the chemistry lab|the campus in {city}|the exam office|the student housing|the economics course|
    the new dean|the lecture hall|the campus wifi|the scholarship office|the canteen|the summer school|the graduation day|
    the history department|the research group|the sports hall|the timetable|the online course|the open day`),
  music:
    list(`the new single|the show in {city}|the second album|the drummer|the encore|the vinyl edition|the sound mix|
    the merch stand|the ticket site|the tour film|the acoustic set|the opening act|the guitar solo|the video clip|
    the light show|the radio session|the remix|the chorus|the lyrics|the fan club`),
};

/** How many of it are recalled, sold or complained about. */
export const PRODUCTS: Readonly<Record<Domain, readonly string[]>> = {
  automotive: list('vans|hatchbacks|engines|airbags|used cars'),
  banking: list('accounts|credit cards|loans|mortgages|pensions'),
  universities: list('places|diplomas|grants|student rooms|courses'),
  music: list('tickets|records|shirts|downloads|posters'),
};
