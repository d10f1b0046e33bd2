/** The parts of natural that we import, each by its path: the package as a whole reads .env and prints. Its own types name only the whole. */
declare module 'natural/lib/natural/tokenizers/regexp_tokenizer.js' {
  class WordPunctTokenizer {
    tokenize(text: string): string[];
  }
  const tokenizers: { readonly WordPunctTokenizer: typeof WordPunctTokenizer };
  export default tokenizers;
}

declare module 'natural/lib/natural/stemmers/porter_stemmer.js' {
  const stemmer: { stem(token: string): string };
  export default stemmer;
}

declare module 'natural/lib/natural/stemmers/porter_stemmer_es.js' {
  const stemmer: { stem(token: string): string };
  export default stemmer;
}

declare module 'natural/lib/natural/util/stopwords.js' {
  const stopWords: { readonly words: readonly string[] };
  export default stopWords;
}

declare module 'natural/lib/natural/util/stopwords_es.js' {
  const stopWords: { readonly words: readonly string[] };
  export default stopWords;
}
