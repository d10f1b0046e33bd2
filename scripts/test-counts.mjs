import { relative } from 'node:path';

// Types and meanings are in test-counts.d.mts.

export function nothing() {
  return { passed: 0, failed: [], skipped: [] };
}

export function status(exitCode, name) {
  return { ...nothing(), failed: exitCode === 0 ? [] : [`${name}: exit code ${exitCode}`] };
}

export function atLeastOneFailure(counts, exitCode, name) {
  return exitCode !== 0 && counts.failed.length === 0
    ? { ...counts, failed: status(exitCode, name).failed }
    : counts;
}

export function addCounts(a, b) {
  return {
    passed: a.passed + b.passed,
    failed: [...a.failed, ...b.failed],
    skipped: [...a.skipped, ...b.skipped],
  };
}

export function summary(counts) {
  const last = `${counts.passed} passed, ${counts.failed.length} failed, ${counts.skipped.length} skipped`;
  return [...counts.failed.map((what) => `failed: ${what}`), last].join('\n');
}

export function countVitest(report, root) {
  const counts = nothing();
  for (const file of report.testResults) {
    const path = relative(root, file.name);
    if (file.assertionResults.length === 0 && file.status === 'failed')
      counts.failed.push(`${path}: ${firstLine(file.message)}`);
    for (const test of file.assertionResults) {
      const name = `${path} > ${test.fullName}`;
      if (test.status === 'passed') counts.passed += 1;
      else if (test.status === 'failed')
        counts.failed.push(`${name}: ${firstLine(test.failureMessages?.[0])}`);
      else counts.skipped.push(name);
    }
  }
  return counts;
}

export function countPytest(xml) {
  const counts = nothing();
  for (const [, attributes, body = ''] of xml.matchAll(
    /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const name = `${attribute(attributes, 'classname')} > ${attribute(attributes, 'name')}`;
    const failure = /<(?:failure|error)\b([^>]*)/.exec(body);
    if (failure !== null) counts.failed.push(`${name}: ${firstLine(attribute(failure[1], 'message'))}`);
    else if (/<skipped\b/.test(body)) counts.skipped.push(name);
    else counts.passed += 1;
  }
  return counts;
}

function firstLine(message) {
  return (message ?? '').split('\n', 1)[0].slice(0, 300);
}

function attribute(attributes, name) {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
  return value
    .replaceAll('&quot;', '"')
    .replaceAll('&#10;', '\n')
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
