import englishStemmer from 'natural/lib/natural/stemmers/porter_stemmer.js';
import spanishStemmer from 'natural/lib/natural/stemmers/porter_stemmer_es.js';
import tokenizers from 'natural/lib/natural/tokenizers/regexp_tokenizer.js';
import englishStopWords from 'natural/lib/natural/util/stopwords.js';
import spanishStopWords from 'natural/lib/natural/util/stopwords_es.js';

export interface Tokens {
  readonly language: 'en' | 'es';
  /** What becomes of the language's most frequent words. */
  readonly stop_words: 'keep' | 'drop';
}

const LANGUAGES = {
  en: { stemmer: englishStemmer, stopWords: englishStopWords.words },
  es: { stemmer: spanishStemmer, stopWords: spanishStopWords.words },
} as const;

/** Splits a text into stems and signs. Stems of words that were seen are kept: a language has few of them. */
export function tokenizerOf({ language, stop_words }: Tokens): (text: string) => readonly string[] {
  const { stemmer, stopWords } = LANGUAGES[language];
  const dropped = new Set(stop_words === 'drop' ? stopWords : []);
  const tokenizer = new tokenizers.WordPunctTokenizer();
  const stems = new Map<string, string>();
  const stemOf = (word: string): string => {
    const known = stems.get(word);
    if (known !== undefined) return known;
    const stem = stemmer.stem(word);
    stems.set(word, stem);
    return stem;
  };
  return (text) =>
    tokenizer
      .tokenize(text.toLowerCase())
      .filter((word) => !dropped.has(word))
      .map(stemOf);
}
