// Loads dist/bundle with the code cache that the build left beside each file: compiling the command line was a third of the time
// of a run with nothing to do. V8 refuses a cache of another version or other flags, and then compiles as usual.
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { basename, dirname, join } = require('node:path');
const vm = require('node:vm');

const folder = join(dirname(__dirname), 'dist', 'bundle');
const outside = Module.createRequire(join(folder, 'main.cjs'));
const loaded = new Map();

/** The exports of one file of the bundle. */
function loadBundle(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.module.exports;
  const path = join(folder, name);
  const cache = `${path}.cache`;
  const script = new vm.Script(Module.wrap(readFileSync(path, 'utf8')), {
    filename: path,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(existsSync(cache) ? { cachedData: readFileSync(cache) } : {}),
  });
  const module = { exports: {} };
  loaded.set(name, { script, module });
  const load = (id) => (id.startsWith('./') ? loadBundle(basename(id)) : outside(id));
  script.runInThisContext()(module.exports, load, module, path, folder);
  return module.exports;
}

/** Called by the build after the bundle was used, so that the functions which a usual command needs are in the cache too. */
function writeCodeCaches() {
  for (const [name, { script }] of loaded) {
    writeFileSync(join(folder, `${name}.cache`), script.createCachedData());
  }
}

module.exports = { loadBundle, writeCodeCaches };
