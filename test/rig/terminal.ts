import { Writable } from 'node:stream';

const ESCAPE = '\x1b';
const SEQUENCE = new RegExp(`^${ESCAPE}(?:\\[([?\\d;]*)([A-Za-z])|[78=>])`);

/**
 * A terminal in memory: it understands what our views and log-update write (cursor moves, erasing, carriage returns,
 * automatic wrapping) and shows what a person would see. Colours are kept out of the screen and in `raw`.
 */
export class Screen {
  readonly columns: number;
  readonly rows: number;
  raw = '';
  /** Everything written so far, scrolled-off lines included. */
  readonly #lines: string[][] = [[]];
  #row = 0;
  #column = 0;
  #pending = '';

  constructor(columns = 80, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    this.raw += text;
    let rest = this.#pending + text;
    this.#pending = '';
    while (rest !== '') {
      const sequence = SEQUENCE.exec(rest);
      if (sequence !== null) {
        this.#control(sequence[1] ?? '', sequence[2] ?? '');
        rest = rest.slice(sequence[0].length);
      } else if (rest.startsWith(ESCAPE)) {
        // A sequence that was cut between two writes.
        this.#pending = rest;
        return;
      } else {
        const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
        this.#put(character);
        rest = rest.slice(character.length);
      }
    }
  }

  /** All lines, those that scrolled off the top included, without trailing blanks. */
  lines(): string[] {
    const lines = this.#lines.map((cells) => cells.join('').trimEnd());
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  /** What is visible now. */
  visible(): string[] {
    return this.#lines
      .slice(Math.max(0, this.#lines.length - this.rows))
      .map((cells) => cells.join('').trimEnd());
  }

  text(): string {
    return this.lines().join('\n');
  }

  #put(character: string): void {
    if (character === '\n') {
      this.#moveTo(this.#row + 1);
      this.#column = 0;
    } else if (character === '\r') {
      this.#column = 0;
    } else if (character >= ' ') {
      if (this.#column >= this.columns) {
        this.#moveTo(this.#row + 1);
        this.#column = 0;
      }
      const line = this.#line();
      while (line.length < this.#column) line.push(' ');
      line[this.#column] = character;
      this.#column += 1;
    }
  }

  #control(parameters: string, command: string): void {
    const count = Number.parseInt(parameters, 10) || 1;
    const top = Math.max(0, this.#lines.length - this.rows);
    if (command === 'A') this.#row = Math.max(top, this.#row - count);
    else if (command === 'B') this.#moveTo(Math.min(this.#row + count, top + this.rows - 1));
    else if (command === 'C') this.#column = Math.min(this.columns - 1, this.#column + count);
    else if (command === 'D') this.#column = Math.max(0, this.#column - count);
    else if (command === 'E') {
      this.#moveTo(this.#row + count);
      this.#column = 0;
    } else if (command === 'G') this.#column = count - 1;
    else if (command === 'H') {
      const [row = '1', column = '1'] = parameters.split(';');
      this.#moveTo(top + Number.parseInt(row || '1', 10) - 1);
      this.#column = Number.parseInt(column || '1', 10) - 1;
    } else if (command === 'J') this.#eraseBelow(parameters);
    else if (command === 'K') this.#eraseLine(parameters);
  }

  #eraseBelow(parameters: string): void {
    if (parameters === '2' || parameters === '3') {
      for (const line of this.#lines) line.length = 0;
      return;
    }
    this.#eraseLine('');
    this.#lines.length = this.#row + 1;
  }

  #eraseLine(parameters: string): void {
    const line = this.#line();
    if (parameters === '2') line.length = 0;
    else if (parameters === '1') line.fill(' ', 0, this.#column + 1);
    else line.length = Math.min(line.length, this.#column);
  }

  #moveTo(row: number): void {
    this.#row = row;
    while (this.#lines.length <= row) this.#lines.push([]);
  }

  #line(): string[] {
    this.#moveTo(this.#row);
    return this.#lines[this.#row] ?? [];
  }
}

/** An output stream that draws on a screen; `isTTY` says whether programs take it for a terminal. */
export function screenOutput(screen: Screen, isTTY: boolean): NodeJS.WriteStream {
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string | Buffer, _encoding, done) => {
      screen.write(chunk.toString());
      done();
    },
  });
  return Object.assign(stream, {
    isTTY,
    columns: screen.columns,
    rows: screen.rows,
  }) as unknown as NodeJS.WriteStream;
}
