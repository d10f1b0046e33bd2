import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A pseudo-terminal that the test writes into: what a serial port is to who opens it. */
export interface TestPort {
  readonly path: string;
  write(text: string): void;
  /** As a cable that is pulled. */
  close(): Promise<void>;
}

// Node has no openpty; python3 is on every machine that Edgeline runs on.
const PROGRAM = `
import os, sys, tty
master, slave = os.openpty()
tty.setraw(slave)
print(os.ttyname(slave), flush=True)
while data := os.read(0, 65536):
    os.write(master, data)
`;

export async function openTestPort(): Promise<TestPort> {
  const child = spawn('python3', ['-c', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value } = await lines.next();
  return {
    path: String(value),
    write: (text) => child.stdin.write(Buffer.from(text, 'latin1')),
    close: () => {
      child.kill('SIGKILL');
      return gone;
    },
  };
}
