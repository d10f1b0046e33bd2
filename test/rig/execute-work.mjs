// An engine that can be killed: runs one work document with one executor, both from a JSON file, in a process of its own.
import { readFileSync } from 'node:fs';
import { openExecutors } from '../../dist/pipeline/execute/open-executors.js';

const { executors, options, name, work } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const opened = openExecutors(executors, options);
const result = await opened
  .get(name)
  .run(work, (message) => console.log(JSON.stringify(message)), new AbortController().signal);
console.log(JSON.stringify({ type: 'end', result }));
await opened.close();
