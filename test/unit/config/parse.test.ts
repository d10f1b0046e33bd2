import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { overlay } from '../../../pipeline/config/merge.js';
import { type Node, placeOf, toPlain } from '../../../pipeline/config/node.js';
import { parseYaml } from '../../../pipeline/config/parse.js';
import { createReport, rangeOf } from '../../../pipeline/config/source.js';

function parse(text: string, file = 'pipeline.yaml', offset = 0) {
  const { diagnostics, report } = createReport();
  return { node: parseYaml({ file, text }, report, offset), diagnostics };
}

function tree(text: string): Node {
  const { node, diagnostics } = parse(text);
  if (node === undefined) throw new Error(JSON.stringify(diagnostics));
  return node;
}

function textAt(root: Node, ...path: string[]): readonly [key: string, value: string] {
  const place = placeOf(root, root.origin, path);
  const { source } = place.key;
  const value = place.node?.origin;
  return [
    source.text.slice(place.key.start, place.key.end),
    value === undefined ? '' : value.source.text.slice(value.start, value.end),
  ];
}

describe('parseYaml', () => {
  it('keeps where each key and value was written', () => {
    const root = tree('a:\n  b: "text" # why\n  "c d": [1, 2.50]\n');
    expect(textAt(root, 'a', 'b')).toEqual(['b', '"text"']);
    expect(textAt(root, 'a', 'c d')).toEqual(['"c d"', '[1, 2.50]']);
    expect(toPlain(root)).toEqual({ a: { b: 'text', 'c d': [1, 2.5] } });
  });

  it('reads the scalars of YAML 1.2', () => {
    const root = tree('a: yes\nb: true\nc: 012\nd: 1e-5\ne: ~\nf:\ng: 0x10\n1: one\ntrue: two\nh: <<\n');
    expect(toPlain(root)).toEqual({
      a: 'yes',
      b: true,
      c: 12,
      d: 1e-5,
      e: null,
      f: null,
      g: 16,
      1: 'one',
      true: 'two',
      h: '<<',
    });
  });

  it('points an alias at the text that it stands for', () => {
    const root = tree('a: &x { b: 1 }\nc: *x\n');
    const place = placeOf(root, root.origin, ['c', 'b']);
    expect(place.node && rangeOf(place.node.origin)).toMatchObject({
      line: 1,
      column: 12,
      text: 'a: &x { b: 1 }',
    });
  });

  it('shifts positions when it reads a part of a text', () => {
    const { diagnostics } = parse('axes.seed=[1, 2', '--set', 10);
    expect(diagnostics[0]?.range).toMatchObject({ file: '--set', text: 'axes.seed=[1, 2', column: 16 });
  });

  it('reads an empty text as null', () => {
    expect(parse('').node).toMatchObject({ kind: 'scalar', value: null });
    expect(parse('# only a comment\n').node).toMatchObject({ kind: 'scalar', value: null });
  });

  it('refuses a file that is too large', () => {
    expect(parse(`a: ${'x'.repeat(250_001)}`).diagnostics.map((item) => item.code)).toEqual([
      'file-too-large',
    ]);
  });

  it.each([
    ['flow', '['.repeat(100_000)],
    ['closed flow', `a: ${'{b: '.repeat(20_000)}${'}'.repeat(20_000)}`],
    ['lists on one line', `${'- '.repeat(50_000)}1`],
    ['explicit keys', `${'? '.repeat(50_000)}1`],
    ['mappings on one line', 'a: '.repeat(20_000)],
    ['indentation', Array.from({ length: 400 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('refuses deep nesting (%s)', (_, text) => {
    expect(parse(text).diagnostics.map((item) => item.code)).toEqual(['too-deeply-nested']);
  });

  it('refuses what is too much for the stack of the parser', () => {
    const fixture = new URL('../../fixtures/config/profile-unknown-key/pipeline.yaml', import.meta.url);
    const line = readFileSync(fixture, 'utf8').trimEnd().replaceAll('\n', '\r');
    const many = (count: number): string => `${line}\r\n`.repeat(count);
    const { diagnostics } = parse(`${many(300)}${line.slice(0, 300)} }}\r\n${many(80)}`);
    expect(diagnostics.map((item) => item.code)).toEqual(['too-deeply-nested']);
  });

  it('points at most one column behind a line that ends with CRLF', () => {
    const { diagnostics } = parse('a: {[[[b: 1, c: "x"1 }\r\nd: 1\r\n');
    expect(diagnostics.length).toBeGreaterThan(0);
    for (const { range } of diagnostics) {
      expect(range?.column).toBeLessThanOrEqual((range?.text.length ?? 0) + 1);
    }
  });

  it('does not take brackets in texts and comments for nesting', () => {
    expect(
      parse(`a: "${'['.repeat(200)}" # ${'['.repeat(200)}\nb: ${'x['.repeat(200)}\n`).diagnostics,
    ).toEqual([]);
  });

  it('bounds nesting that aliases make', () => {
    const lines = Array.from({ length: 80 }, (_, index) => `k${index}: &k${index} { x: *k${index - 1} }`);
    lines[0] = 'k0: &k0 { x: 1 }';
    expect(parse(lines.join('\n')).diagnostics[0]?.code).toBe('too-deeply-nested');
  });
});

describe('rangeOf', () => {
  it('gives the first line of what spans several', () => {
    const root = tree('a: 1\nb: [1,\n  2]\n');
    const place = placeOf(root, root.origin, ['b']);
    expect(place.node && rangeOf(place.node.origin)).toEqual({
      file: 'pipeline.yaml',
      line: 2,
      column: 4,
      length: 3,
      text: 'b: [1,',
    });
  });

  it('leaves out a byte order mark and carriage returns', () => {
    const root = tree('\uFEFFab: 1\r\ncd: 2\r\n');
    const first = placeOf(root, root.origin, ['ab']);
    expect(rangeOf(first.key)).toMatchObject({ line: 1, column: 1, length: 2, text: 'ab: 1' });
    const second = placeOf(root, root.origin, ['cd']);
    expect(second.node && rangeOf(second.node.origin)).toMatchObject({ line: 2, column: 5, text: 'cd: 2' });
  });

  it('stays inside the text at its end', () => {
    const source = { file: 'f', text: 'a\n' };
    expect(rangeOf({ source, start: 99, end: 120 })).toEqual({
      file: 'f',
      line: 2,
      column: 1,
      length: 1,
      text: '',
    });
  });
});

describe('overlay', () => {
  const merge = (below: string, top: string) => toPlain(overlay(tree(below), tree(top)));

  it('merges maps deeply and replaces lists and scalars', () => {
    expect(merge('{a: {b: 1, c: [1, 2]}, d: 1}', '{a: {c: [3]}, e: 2}')).toEqual({
      a: { b: 1, c: [3] },
      d: 1,
      e: 2,
    });
  });

  it('removes with null, also where there is nothing below', () => {
    expect(merge('{a: {b: 1, c: 2}}', '{a: {b: ~}, d: {e: ~, f: 1}, g: ~}')).toEqual({
      a: { c: 2 },
      d: { f: 1 },
    });
  });

  it('keeps null in lists', () => {
    expect(merge('{}', '{a: [~, 1]}')).toEqual({ a: [null, 1] });
  });

  it('replaces when the kinds differ', () => {
    expect(merge('{a: {b: 1}}', '{a: 1}')).toEqual({ a: 1 });
    expect(merge('{a: 1}', '{a: {b: 1}}')).toEqual({ a: { b: 1 } });
  });

  it('takes origins from the text that won', () => {
    const below = tree('{a: {b: 1, c: 2}}');
    const merged = overlay(below, tree('{a: {b: 345}}'));
    expect(textAt(merged, 'a', 'b')).toEqual(['b', '345']);
    expect(textAt(merged, 'a', 'c')).toEqual(['c', '2']);
    expect(textAt(below, 'a', 'b')).toEqual(['b', '1']);
  });
});
