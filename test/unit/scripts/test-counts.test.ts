import { describe, expect, it } from 'vitest';
import {
  addCounts,
  countPytest,
  countVitest,
  summary,
  unlistedSkips,
} from '../../../scripts/test-counts.mjs';

describe('the counts of npm test', () => {
  it('reads what vitest reports, and counts a file that cannot be loaded', () => {
    const report = {
      testResults: [
        {
          name: '/root/test/a.test.ts',
          status: 'failed',
          assertionResults: [
            { fullName: 'a works', status: 'passed' },
            { fullName: 'a fails', status: 'failed', failureMessages: ['Error: no\n at a'] },
            { fullName: 'a waits', status: 'skipped' },
            { fullName: 'a will', status: 'todo' },
          ],
        },
        { name: '/root/test/b.test.ts', status: 'failed', message: 'cannot be read', assertionResults: [] },
      ],
    };
    expect(countVitest(report, '/root')).toEqual({
      passed: 1,
      failed: ['test/a.test.ts > a fails: Error: no', 'test/b.test.ts: cannot be read'],
      skipped: ['test/a.test.ts > a waits', 'test/a.test.ts > a will'],
    });
  });

  it('reads what pytest reports', () => {
    const xml = `<testsuites><testsuite errors="1" failures="1" skipped="1" tests="4">
      <testcase classname="test.python.test_a" name="test_one" time="0.1" />
      <testcase classname="test.python.test_a" name="test_two[&quot;a&quot;&lt;1]"><skipped message="why">x</skipped></testcase>
      <testcase classname="test.python.test_a" name="test_three"><failure message="a &lt; b&#10;c">text</failure></testcase>
      <testcase classname="" name="test.python.test_b"><error message="collection failure">text</error></testcase>
    </testsuite></testsuites>`;
    expect(countPytest(xml)).toEqual({
      passed: 1,
      failed: ['test.python.test_a > test_three: a < b', ' > test.python.test_b: collection failure'],
      skipped: ['test.python.test_a > test_two["a"<1]'],
    });
  });

  it('adds up', () => {
    const a = { passed: 1, failed: ['f'], skipped: ['x'] };
    const sum = addCounts(a, { passed: 3, failed: [], skipped: ['y'] });
    expect(sum).toEqual({ passed: 4, failed: ['f'], skipped: ['x', 'y'] });
    expect(summary(sum)).toBe('failed: f\n4 passed, 1 failed, 2 skipped');
  });

  it('finds skips that nobody allowed', () => {
    const allowed = { 'a > one': 'why', 'b > *': 'why' };
    expect(unlistedSkips(['a > one', 'a > one more', 'b > any', 'c'], allowed)).toEqual([
      'a > one more',
      'c',
    ]);
  });
});
