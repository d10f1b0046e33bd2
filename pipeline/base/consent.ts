/** Code of a worker's failure that means: a person has to agree first, and the message is what to agree to. */
export const CONSENT_NEEDED = 'consent-needed';
