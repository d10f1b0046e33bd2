import { relative } from 'node:path';

// Types and meanings are in test-counts.d.mts.

export function nothing() {
  return { passed: 0, failed: 0, skipped: [] };
}

export function status(exitCode) {
  return { ...nothing(), failed: exitCode === 0 ? 0 : 1 };
}

export function atLeastOneFailure(counts, exitCode) {
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

export function addCounts(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: [...a.skipped, ...b.skipped] };
}

export function countVitest(report, root) {
  const counts = nothing();
  for (const file of report.testResults) {
    if (file.assertionResults.length === 0 && file.status === 'failed') counts.failed += 1;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') counts.passed += 1;
      else if (test.status === 'failed') counts.failed += 1;
      else counts.skipped.push(`${relative(root, file.name)} > ${test.fullName}`);
    }
  }
  return counts;
}

export function countPytest(xml) {
  const counts = nothing();
  for (const [, attributes, body = ''] of xml.matchAll(
    /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    if (/<(failure|error)\b/.test(body)) counts.failed += 1;
    else if (/<skipped\b/.test(body))
      counts.skipped.push(`${attribute(attributes, 'classname')} > ${attribute(attributes, 'name')}`);
    else counts.passed += 1;
  }
  return counts;
}

function attribute(attributes, name) {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
  return value
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

export function unlistedSkips(skipped, allowed) {
  const entries = Object.keys(allowed);
  return skipped.filter(
    (name) =>
      !entries.some((entry) => (entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry)),
  );
}
