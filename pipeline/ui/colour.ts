export type Environment = Readonly<Record<string, string | undefined>>;

/** What the views need to know of the place they write to. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * NO_COLOR (https://no-color.org) wins over FORCE_COLOR, because who sets it cannot read colours or is not a person;
 * without either, colours are for terminals only.
 */
export function wantsColour(terminal: Terminal, env: Environment): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  const forced = env.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return terminal.isTTY === true && env.TERM !== 'dumb';
}

export interface Paint {
  bold(text?: string): string;
  dim(text?: string): string;
  red(text?: string): string;
  green(text?: string): string;
  yellow(text?: string): string;
  cyan(text?: string): string;
}

export function paint(colour: boolean): Paint {
  const style =
    (open: number, close: number) =>
    (text = '') =>
      colour && text !== '' ? `\x1b[${open}m${text}\x1b[${close}m` : text;
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    cyan: style(36, 39),
  };
}

/** 120 where the output has no width of its own (a file, a pipe); views are drawn for at least 20. */
export function columnsOf(terminal: Terminal): number {
  const columns = terminal.columns;
  return columns === undefined || columns <= 0 ? 120 : Math.max(20, columns);
}
