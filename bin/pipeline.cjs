#!/usr/bin/env node
// CommonJS, because Node starts it faster than an ES module.
const { loadBundle } = require('./load-bundle.cjs');

loadBundle('main.cjs')
  .main(process.argv.slice(2))
  .then((code) => {
    process.exitCode = code;
  });
