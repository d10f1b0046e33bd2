/** What we use of it: the package is optional, and an installation without it must build. */
declare module 'serialport' {
  import type { EventEmitter } from 'node:events';

  export class SerialPort extends EventEmitter {
    constructor(options: { readonly path: string; readonly baudRate: number; readonly autoOpen: boolean });
    readonly isOpen: boolean;
    open(done: (error: Error | null) => void): void;
    /** Throws away what came before. */
    flush(done: (error: Error | null) => void): void;
    close(done: (error: Error | null) => void): void;
    static list(): Promise<readonly { readonly path: string }[]>;
  }
}
