/** Text to paste into a publication. */
export interface Methods {
  /**
   * What was done, in plain English: paragraphs with an empty line between them. What the report does not know is left out. Nothing in it
   * was written by hand, so that it says the same as the numbers.
   */
  readonly text: string;
  /** BibTeX entries of the study that this one repeats and of Edgeline. */
  readonly bibtex: string;
}
