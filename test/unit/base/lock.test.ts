import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acquireLock, heldByLiveProcess, holderText, type LockHolder } from '../../../pipeline/base/lock.js';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgeline-lock-'));
  path = join(folder, 'run.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const never = new AbortController().signal;

describe('acquireLock', () => {
  test('a second one waits for the first and is told who holds it', async () => {
    const first = await acquireLock(path, 'first', () => undefined, never);
    expect(heldByLiveProcess(path)).toBe(true);
    let holder: LockHolder | undefined;
    const second = acquireLock(
      path,
      'second',
      (found) => {
        holder = found;
        first?.release();
      },
      never,
    );
    (await second)?.release();
    expect(holder).toMatchObject({ pid: process.pid, command: 'first' });
    expect(holder && holderText(holder)).toMatch(
      /^process \d+ \(first\), since \d{4}-\d\d-\d\d \d\d:\d\d UTC$/,
    );
    expect(heldByLiveProcess(path)).toBe(false);
  });

  test('a wait ends when it is aborted', async () => {
    const first = await acquireLock(path, 'first', () => undefined, never);
    const controller = new AbortController();
    const second = acquireLock(path, 'second', () => controller.abort(), controller.signal);
    expect(await second).toBeNull();
    first?.release();
  });

  const holder = (changes: Partial<LockHolder>): LockHolder => ({
    pid: process.pid,
    startTime: null,
    bootId: null,
    host: hostname(),
    command: 'dead',
    ...changes,
  });

  test('the lock of a process that is gone is taken over', async () => {
    const child = spawn('true');
    await new Promise((resolve) => child.once('exit', resolve));
    writeFileSync(path, JSON.stringify(holder({ pid: child.pid ?? 0 })));
    const lock = await acquireLock(path, 'next', () => expect.fail('must not wait'), never);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ command: 'next' });
    lock?.release();
  });

  test('a pid that was given to another process does not keep a lock alive', async () => {
    writeFileSync(path, JSON.stringify(holder({ startTime: '1' })));
    expect(heldByLiveProcess(path)).toBe(false);
    (await acquireLock(path, 'next', () => expect.fail('must not wait'), never))?.release();
  });

  test('a lock of before the last boot is gone', () => {
    writeFileSync(path, JSON.stringify(holder({ bootId: 'another boot' })));
    expect(heldByLiveProcess(path)).toBe(false);
  });

  test('a lock of another host is never broken', () => {
    writeFileSync(path, JSON.stringify(holder({ host: 'elsewhere', pid: 999_999_999 })));
    expect(heldByLiveProcess(path)).toBe(true);
  });
});
