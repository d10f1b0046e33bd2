import type { Polarity } from './entities.js';
import { list, type Slots } from './template.js';

/** Alternatives shared by all English sentences; `entity`, `rival`, `aspect`, `product` and `user` come with the tweet. */
export const ENGLISH: Slots = {
  good: list(`is brilliant|works like a charm|beats everything I tried before|keeps getting better|was worth every penny|
    made my week|saved my day|is a joy|deserves an award|left me smiling|exceeded what I hoped for|is top class|
    was sorted within an hour|feels rock solid|is the best in town|gets ten out of ten from me|is so smooth|
    impressed my whole family|runs perfectly|is simply lovely|could not be friendlier|is stunning|never lets me down|
    is honest and quick|made me a fan|is a pleasure every time|is cheaper than I feared|has won me over|shines|rocks`),
  bad: list(`is a mess|broke again|let me down|is a disaster|made me furious|is painfully slow|ruined my weekend|
    is a rip off|keeps failing|was a waste of money|is falling apart|never works when I need it|left me stranded|
    gets worse every month|is an insult|was cancelled without a word|is a nightmare|drives me mad|is a joke|
    cost me a fortune|is rude and slow|sounds like a broken fridge|is full of errors|put me off for good|stinks|
    is dearer than they promised|was late again|has lost my trust|is a shambles|hurts`),
  plain:
    list(`opens at {hour}|is on {street} now|comes up in the meeting on {day}|has a new address|is listed online|
    moved to {day}|is mentioned in the {paper}|is next to the station|starts at {hour}|has {number} seats|
    was built in {year}|is open on {day}|closes at {hour}|is the topic of my essay|appears on page {small}`),
  praise: list(
    `brilliant|great|superb|lovely|excellent|fantastic|wonderful|first rate|impressive|delightful`,
  ),
  scorn: list(`awful|terrible|useless|dreadful|shoddy|pathetic|appalling|third rate|hopeless|disgraceful`),
  thing: list(`experience|service|effort|value|idea|result|quality|start to the year|surprise|performance`),
  opener:
    list(`honestly|ok so|update|just my view|day {small}|for the record|news from me|small rant|short review|
    after {small} months|true story|second visit|confession|today|again`),
  relative: list(
    'sister|brother|mother|dad|flatmate|neighbour|boss|cousin|colleague|grandma|uncle|best friend',
  ),
  city: list(`Brackwater|Ollenby|Port Sorrel|Vantmoor|Quillhaven|Dunmarrow|Estermouth|Lindgate|Farrowdale|Nettlecombe|
    Sandrick|Wexholm|Tarrowby|Greyfold|Alderquay`),
  street: list(
    'Copper Lane|Mill Row|Harbour Street|Fifth Hill|Orchard Road|Canal Walk|Lantern Square|Bishop Gate',
  ),
  day: list('Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|the 3rd|the 14th|the 21st'),
  hour: list('7am|8.30|9am|10am|noon|2pm|4pm|5.15|6pm|8pm|9.45pm'),
  year: list('1921|1934|1948|1957|1963|1972|1986|1991|2004|2010'),
  number: list('40|120|250|300|450|800|1,100|2,500|4,000|12,000|35,000'),
  small: list('2|3|4|5|6|7|8|9|11|12|14'),
  money: list('£200k|$1.5m|€3m|$12m|£40m|€750k|$90,000|£5m'),
  paper: list('Morning Ledger|Evening Lantern|Weekly Compass|Harbour Post|Daily Quill'),
  award: list(`the Golden Anchor award|the customer prize of the year|best employer in {city}|a design medal|
    the safety trophy|the readers' choice award|a sustainability prize|top marks in the {paper} test`),
  metric: list('sales|profit|applications|attendance|customer satisfaction|growth|results'),
  cause: list(
    "flood relief|the children's hospital|a reading programme|the {city} food bank|clean rivers|cancer research",
  ),
  fault: list(
    'a faulty valve|fire risk|wrong paperwork|a software bug|mouldy packaging|a safety defect|missing screws',
  ),
  scandal:
    list(`hidden fees|misleading adverts|false figures|unpaid overtime|a data leak|tax tricks|broken promises|
    bribery claims`),
  role: list(
    'finance chief|press officer|technician|lawyer|trainee|head of design|board member|spokesperson|engineer',
  ),
  person: list('A. Fenwold|M. Tarrish|J. Quillon|R. Osterby|L. Brandick|S. Velmar|D. Harrowgate|K. Ilverson'),
  event: list(
    'spring fair|trade show|summer festival|charity run|winter gala|book week|technology day|street market',
  ),
  item: list(
    'two tickets|a mug|an old catalogue|a jacket|a signed poster|a leather folder|a key ring|a gift card',
  ),
  emotion_up: list('so happy|delighted|proud|over the moon|grateful|impressed|relieved'),
  emotion_down: list('so angry|disappointed|ashamed|fed up|worried|shocked|gutted'),
};

/** Plain statements: what a bag of words can learn. */
export const DIRECT: Readonly<Record<Polarity, readonly string[]>> = {
  POSITIVE: list(`{aspect} at {entity} {good}|{entity}: {aspect} {good}|I love {entity}, {aspect} {good}|
    {opener}, {aspect} from {entity} {good}|{praise} {thing} with {entity} today|{emotion_up} with {entity}, {aspect} {good}|
    thank you {entity}, {aspect} {good}|my {relative} says {aspect} at {entity} {good} & I agree|
    {entity} {good}, {small} out of {small} friends agree|what a {praise} {thing}, {entity}|{aspect} of {entity} <3 {good}`),
  NEGATIVE: list(`{aspect} at {entity} {bad}|{entity}: {aspect} {bad}|I am done with {entity}, {aspect} {bad}|
    {opener}, {aspect} from {entity} {bad}|{scorn} {thing} with {entity} today|{emotion_down} about {entity}, {aspect} {bad}|
    never again {entity}, {aspect} {bad}|my {relative} says {aspect} at {entity} {bad} & I agree|
    {entity} {bad}, avoid|what a {scorn} {thing}, {entity}|shame on {entity}: {aspect} {bad}`),
  NEUTRAL:
    list(`{aspect} of {entity} {plain}|I'm at {entity} ({city})|at {entity} with my {relative}, back at {hour}|
    my {relative} asked me about {entity} today|{opener}: {aspect} of {entity} {plain}|selling {item} from {entity}, {number}|
    anyone going to {entity} on {day}?|what time does {aspect} at {entity} open on {day}?|
    walked past {entity} on {street}|reading about {entity} in the {paper}|does {entity} have an office in {city}?`),
};

/** News: the polarity is in what happened, not in an adjective. */
export const NEWS: Readonly<Record<Polarity, readonly string[]>> = {
  POSITIVE:
    list(`{entity} wins {award}|{entity} reports record {metric}|{entity} to create {number} jobs in {city}|
    {entity} donates {money} to {cause}|{entity} ranked first for {metric} by the {paper}|analysts raise forecast for {entity}|
    {entity} beats {rival} to {award}|{entity} sells out {number} {product} in one day|{city} court clears {entity} of {scandal}|
    {entity} ends strike, gives staff {small} % more pay|investors queue for {entity} after strong {metric}|
    {entity} cuts waiting times by half`),
  NEGATIVE: list(`{entity} recalls {number} {product} over {fault}|{entity} fined {money} over {scandal}|
    {entity} to cut {number} jobs in {city}|regulator opens inquiry into {entity} over {scandal}|
    staff at {entity} strike over {scandal}|former {role} sues {entity} for {money}|analysts lower forecast for {entity}|
    {rival} beats {entity} to {award}|{metric} at {entity} fall for the {small}th month|{number} complaints about {entity} in {city}|
    {role} of {entity} resigns over {scandal}|{entity} loses {money} in failed {event} deal`),
  NEUTRAL: list(`{entity} to publish {metric} figures on {day}|{entity} names {person} as {role}|
    {entity} moves its office to {street}|{entity} at the {event} in {city} on {day}|{entity} is hiring a {role} in {city}|
    photos: {entity} at the {event}|interview with the {role} of {entity} at {hour}|{entity} & {rival} both at the {event}|
    {paper}: five facts about {entity}|{entity} changes its logo after {small} years|a history of {entity}, founded {year}|
    {person} speaks about {entity} in {city} on {day}`),
};

/** Negation, contrast, irony, comparison: words of one side in a sentence of the other. */
export const COMPOSED: Readonly<Record<Polarity, readonly string[]>> = {
  POSITIVE:
    list(`I expected a {scorn} {thing} from {entity}, but {aspect} {good}|nobody can say {aspect} at {entity} {bad}|
    people told me {aspect} {bad}, not at {entity}|I left {rival} because {aspect} {bad}, {entity} is far better|
    used to think {entity} {bad}, I was wrong|not one {scorn} minute with {entity} so far|
    {rival} {bad}, go to {entity} instead|I was {emotion_down} about {entity} last year, now {aspect} {good}|
    say what you like, {bad_claim} and still I would not swap {entity} for {rival}|hard to find fault with {aspect} at {entity}`),
  NEGATIVE:
    list(`I expected a {praise} {thing} from {entity}, but {aspect} {bad}|nobody can say {aspect} at {entity} {good}|
    they told me {aspect} {good}, not at {entity}|I left {entity} for {rival}, where {aspect} {good}|
    used to think {entity} {good}, I was wrong|not one {praise} minute with {entity} so far|
    {rival} {good}, why would anyone stay with {entity}|oh {praise}, {aspect} at {entity} {bad} again. {praise} {thing}|
    I was {emotion_up} about {entity} last year, now {aspect} {bad}|hard to find a {praise} word for {aspect} at {entity}`),
  NEUTRAL: list(`is it true that {aspect} at {entity} {good}?|is it true that {aspect} at {entity} {bad}?|
    some say {aspect} at {entity} {good}, others that it {bad}. no idea|question for the exam: why do some firms like {entity} {fare}?|
    looking for opinions, {entity} or {rival}?|not for or against {entity}, {aspect} {plain}|
    "{aspect} {good}", says the {role} of {entity} in an interview|poll: {praise} or {scorn}? {aspect} of {entity}`),
};

/** Says nothing of its polarity: drawn for every label, so that no model can know. */
export const AMBIGUOUS: readonly string[] =
  list(`so {entity} did it again|{entity}, wow|no words for {entity} today|
    well, that was {entity} in {city}|I just can't with {entity}|only {entity} could do this|everybody talks about {entity} on {day}|
    {aspect} at {entity}, typical|{entity} is trending, guess why|my {relative} and {entity}, what a story|
    {entity} at {hour}. yes, really|that {entity} moment when {aspect} {surprises}|you have to see {aspect} of {entity}|
    {opener}: {entity}|{small} hours of {entity}|told my {relative} about {aspect} at {entity}, we laughed`);

/** About something else that has the same name. */
export const UNRELATED: readonly string[] =
  list(`my cat {entity} sleeps on the {item_home} again|new chapter: captain {entity} meets the witch of {city}|
    anyone else stuck on level {small} of {entity} quest?|{entity} street is closed on {day}|my {relative}'s surname is {entity}, spelling it takes {small} minutes|
    just planted {small} {entity} roses|{entity} the horse came in {small}th at {city}|my avatar is called {entity} now|
    the village of {entity} has {number} people|{entity} {entity} {entity}, say it fast|dreamt of a planet called {entity}|
    {entity} is such a {praise} name for a dog|that {entity} recipe from my {relative} {good}|the {entity} storm {bad}|
    {user} are you the {entity} from my school?|homework on the river {entity} due on {day}|who is {entity} in the new {paper} crossword?`);

export const ENGLISH_EXTRA: Slots = {
  bad_claim: list('parking {bad}|the hotline {bad}|the website {bad}'),
  fare: list('grow|shrink|merge|move'),
  surprises: list('happens|comes up|starts|changes|ends'),
  item_home: list('sofa|keyboard|fridge|washing machine|window'),
};

export const TOPICS: Readonly<Record<'direct' | 'news' | 'composed' | 'ambiguous', readonly string[]>> = {
  direct: list('Customer opinions|Service|Visits|Product talk'),
  news: list('Business news|Awards & rankings|Legal matters|Staff and jobs|Events'),
  composed: list('Comparisons|Customer opinions|Questions'),
  ambiguous: list('Other topics|Mentions'),
};
