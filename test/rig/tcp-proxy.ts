import { createServer, type Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A link between this machine and a server that can be made bad. */
export interface TcpProxy {
  readonly port: number;
  /** `pass`; `delay`: each piece waits 50 ms; `stall`: nothing passes and nothing ends; `cut`: connections end. */
  setMode(mode: 'pass' | 'delay' | 'stall' | 'cut'): void;
  stop(): Promise<void>;
}

/** Listens on loopback and passes everything on to a server. */
export async function tcpProxy(host: string, port: number): Promise<TcpProxy> {
  let mode: 'pass' | 'delay' | 'stall' | 'cut' = 'pass';
  const sockets = new Set<Socket>();
  const pipe = (from: Socket, to: Socket) => {
    let last: Promise<unknown> = Promise.resolve();
    from.on('data', (piece) => {
      from.pause();
      last = last.then(async () => {
        if (mode === 'delay') await sleep(50);
        while (mode === 'stall') await sleep(50);
        if (!to.destroyed) to.write(piece);
        from.resume();
      });
    });
    // What was sent before an end arrives before it.
    from.on('close', () => void last.then(() => to.destroy()));
    from.on('error', () => undefined);
  };
  const server: Server = createServer((near) => {
    const far = new Socket().connect(port, host);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
    pipe(near, far);
    pipe(far, near);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    setMode(next) {
      mode = next;
      if (next === 'cut') cut();
    },
    async stop() {
      mode = 'cut';
      const closed = new Promise<void>((done) => server.close(() => done()));
      cut();
      await closed;
    },
  };
}
