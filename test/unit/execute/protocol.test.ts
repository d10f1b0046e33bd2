import { describe, expect, test } from 'vitest';
import { parseWorkerMessage } from '../../../pipeline/execute/protocol.js';

describe('parseWorkerMessage', () => {
  test.each([
    [{ type: 'hello', protocol: 1 }],
    [{ type: 'progress', done: 1, total: 4, unit: 'steps', phase: 'epoch 1' }],
    [{ type: 'metric', name: 'loss', value: 0.25, step: 7 }],
    [{ type: 'log', level: 'warning', message: 'careful' }],
    [{ type: 'result', summary: { rows: 3 } }],
    [{ type: 'failure', code: 'bad', message: 'no', hint: 'so', file: 'f', line: 2 }],
  ])('takes %j as it is', (message) => {
    expect(parseWorkerMessage(JSON.stringify(message))).toEqual({ ok: true, value: message });
  });

  test.each([
    ['', 'it is not JSON'],
    ['[]', 'it is not an object'],
    ['{"type":"hello","protocol":2}', 'protocol 2 is not 1; worker and engine are of different versions'],
    ['{"type":"progress","done":"1","unit":"rows"}', 'progress needs done and unit'],
    ['{"type":"metric","name":"loss","value":null}', 'metric needs name and a finite value'],
    ['{"type":"log","level":"debug","message":"x"}', 'log needs level (info or warning) and message'],
    ['{"type":"result"}', 'result needs a summary object'],
    ['{"type":"failure","code":"x"}', 'failure needs code and message'],
    ['{"type":"banana"}', 'its type "banana" is not one of the protocol\'s'],
  ])('refuses %s', (line, problem) => {
    expect(parseWorkerMessage(line)).toEqual({ ok: false, error: problem });
  });
});
