/** Why an instance would not simply be reused: one enumeration for plan, run, journal and report. */
export type Reason =
  | { readonly kind: 'never-ran' }
  /** It has run, but the record of that is gone or damaged, so there is nothing to compare with. */
  | { readonly kind: 'record-missing' }
  | { readonly kind: 'stage-changed'; readonly before: string; readonly after: string }
  | { readonly kind: 'version-changed'; readonly before: number; readonly after: number }
  | {
      readonly kind: 'option-changed';
      readonly path: string;
      readonly before: string;
      readonly after: string;
    }
  | { readonly kind: 'input-changed'; readonly input: string; readonly instance: string }
  | { readonly kind: 'input-added'; readonly input: string; readonly instance: string }
  | { readonly kind: 'input-dropped'; readonly input: string; readonly instance: string }
  | {
      readonly kind: 'external-changed';
      readonly name: string;
      /** Where it is, where pipeline.yaml names it relative to the project. */
      readonly path?: string;
      /** What changed inside a folder; absent where that is not known. */
      readonly files?: readonly FileChange[];
      /** Changed files beyond those listed. */
      readonly more?: number;
    }
  | { readonly kind: 'code-changed'; readonly file: string }
  | { readonly kind: 'code-added'; readonly file: string }
  | { readonly kind: 'code-removed'; readonly file: string }
  | {
      readonly kind: 'environment-changed';
      readonly name: string;
      readonly before: string;
      readonly after: string;
    }
  /** Another physical board, processor or runtime answers under the device's name. */
  | {
      readonly kind: 'board-changed';
      readonly device: string;
      readonly before: string;
      readonly after: string;
    }
  | { readonly kind: 'outputs-changed' }
  | { readonly kind: 'blob-missing'; readonly output: string }
  | { readonly kind: 'output-missing'; readonly path: string }
  | { readonly kind: 'output-modified'; readonly path: string }
  | { readonly kind: 'upstream-runs'; readonly instance: string }
  | { readonly kind: 'upstream-blocked'; readonly instance: string }
  | { readonly kind: 'blocked'; readonly message: string; readonly hint: string }
  | { readonly kind: 'forced' };

/** One file of an external folder. */
export interface FileChange {
  /** POSIX, relative to the folder. */
  readonly path: string;
  readonly change: 'changed' | 'added' | 'removed';
}

/** A root cause: a reason of its own that another instance has, further up. */
export interface RootCause {
  readonly instance: string;
  readonly reason: Reason;
}
