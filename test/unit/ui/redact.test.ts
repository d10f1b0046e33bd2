import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { redact, redactStream } from '../../../pipeline/ui/redact.js';
import { createSink, type SinkKind } from '../../../pipeline/ui/sink.js';
import { Screen, screenOutput } from '../../rig/terminal.js';
import { planned, Recording } from './recording.js';

const SECRET = 'p"ss\\wörd/1';

describe('redact', () => {
  it('replaces the longest first, also in its forms for JSON and URLs', () => {
    const clean = redact(['token', 'token-long', SECRET, 'a.c*']);
    expect(clean('token-long token')).toBe('*** ***');
    expect(clean(JSON.stringify({ password: SECRET }))).toBe('{"password":"***"}');
    expect(clean(JSON.stringify(JSON.stringify(SECRET)))).not.toContain('ss');
    expect(clean(`https://x/?p=${encodeURIComponent(SECRET)}`)).toBe('https://x/?p=***');
    expect(clean('abc* a.c*')).toBe('abc* ***');
  });

  it('leaves texts alone without secrets, and values too short to be one', () => {
    expect(redact([])('abc')).toBe('abc');
    expect(redact(['', 'a', '123'])('banana 123')).toBe('banana 123');
  });

  it.each(['plain', 'json', 'listr'] as SinkKind[])('keeps secrets out of the %s view', async (kind) => {
    // listr2 falls back to lines where process.stdout is no terminal, whatever it writes to.
    const terminal = Object.assign(Object.create(process.stdout), { isTTY: true, columns: 300 });
    vi.spyOn(process, 'stdout', 'get').mockReturnValue(terminal);
    const screen = new Screen(300, 100);
    const sink = createSink(kind, {
      stdout: screenOutput(screen, true),
      env: {},
      secrets: [SECRET, 'failed'],
    });
    new Recording()
      .start([
        planned('fetch', {}, 'run', { kind: 'option-changed', path: 'key', before: SECRET, after: 'x' }),
      ])
      .begin('fetch', { kind: 'option-changed', path: 'key', before: SECRET, after: 'x' })
      .warn('fetch', `header ${JSON.stringify({ SECRET })}`)
      .failed('fetch', { reason: 'exit-nonzero', exitCode: 1, stderrTail: [`401 for ${SECRET}`] })
      .finish('failed', { table: [['a'], [SECRET]] })
      .play(sink);
    await sink.close();
    for (const form of [SECRET, JSON.stringify(SECRET).slice(1, -1), 'wörd'])
      expect(screen.raw).not.toContain(form);
    expect(screen.raw).toContain('***');
  });
});

describe('a stream without secrets', () => {
  it('cleans text and bytes that are text, and hands on other bytes and what callers wait for', async () => {
    const stream = new PassThrough();
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    const png = Buffer.from([0x89, 0x50, 0xff, 0xfe]);
    redactStream(stream as unknown as NodeJS.WriteStream, [SECRET]);
    stream.write(`key ${SECRET}\n`);
    stream.write(Buffer.from(JSON.stringify({ SECRET })));
    stream.write(png);
    await new Promise((resolve) => stream.write('end', 'utf8', resolve));
    const all = Buffer.concat(chunks);
    expect(all.toString('latin1')).toBe(`key ***\n{"SECRET":"***"}${png.toString('latin1')}end`);
  });
});
