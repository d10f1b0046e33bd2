// What report.json holds, from the types that the report is made with: as a JSON Schema, and as a page to read. The
// types and their comments are the only description; `npm run docs` writes both, and a test fails when one is stale.
import { fileURLToPath } from 'node:url';
import { createGenerator } from 'ts-json-schema-generator';

const pathOf = (file) => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** JSON has no word for a number that is none (`modelJson` in stages/report/build/model.ts). */
const NOT_FINITE = {
  enum: ['NaN', 'Infinity', '-Infinity'],
  description: 'A number that is none, or has no end.',
};

/** The schema (draft 7) of report.json. */
export function reportSchema() {
  const {
    $schema,
    definitions = {},
    ...root
  } = createGenerator({
    path: pathOf('stages/report/model/report.ts'),
    tsconfig: pathOf('tsconfig.json'),
    type: 'ReportModel',
    expose: 'all',
    topRef: false,
    sortProps: false,
    encodeRefs: false,
    skipTypeCheck: true,
  }).createSchema('ReportModel');
  const named = Object.entries(definitions).filter(([name]) => isName(name));
  named.sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    $schema,
    title: "Edgeline's report.json",
    ...withoutEnds(root, definitions),
    definitions: {
      ...Object.fromEntries(named.map(([name, schema]) => [name, withoutEnds(schema, definitions)])),
      NotFinite: NOT_FINITE,
    },
  };
}

/** The text of docs/report.schema.json: equal types give equal bytes. */
export const reportSchemaText = (schema = reportSchema()) => `${JSON.stringify(schema, null, 2)}\n`;

/** A type that somebody named; `Readonly<Record<string,string>>` is written where it is used. */
const isName = (name) => /^\w+$/.test(name);
const nameOf = (reference) => reference.replace('#/definitions/', '');

/** The same schema, in which every number may also be none. */
function withoutEnds(schema, definitions) {
  if (Array.isArray(schema)) return schema.map((item) => withoutEnds(item, definitions));
  if (schema === null || typeof schema !== 'object') return schema;
  if (typeof schema.$ref === 'string' && !isName(nameOf(schema.$ref)))
    return withoutEnds({ ...definitions[nameOf(schema.$ref)], ...schema, $ref: undefined }, definitions);
  const whole = Object.fromEntries(
    Object.entries(schema)
      .filter(([, value]) => value !== undefined)
      // A tuple's names of its elements say no more than the description of the whole.
      .filter(([name, value]) => name !== 'title' || typeof value !== 'string')
      .map(([name, value]) => [name, name === 'required' ? value : withoutEnds(value, definitions)]),
  );
  const types = [whole.type].flat();
  if (!types.includes('number') || types.includes('string') || 'const' in whole || 'enum' in whole)
    return whole;
  const { description, ...number } = whole;
  const either = { anyOf: [number, { $ref: '#/definitions/NotFinite' }] };
  return description === undefined ? either : { ...either, description };
}

const INTRODUCTION = `# report.json

Made from the types in \`stages/report/model/*.ts\` by \`npm run docs\`; do not edit. The same as a JSON Schema: \`docs/report.schema.json\`.

A document names no schema of itself, since it is read far from this folder: \`schema\` is the number of its form. A number that is not finite
is \`"NaN"\`, \`"Infinity"\` or \`"-Infinity"\`; \`null\` says that there is none. Names end with their unit where there is one.
`;

/** The text of docs/reference/report-json.md. */
export function reportReference(schema = reportSchema()) {
  const { NotFinite: _, ...definitions } = schema.definitions;
  const sections = Object.entries(definitions).map(
    ([name, definition]) => `## ${name}\n\n${partOf(definition)}`,
  );
  return [INTRODUCTION, `${membersOf(schema)}\n`, ...sections].join('\n');
}

function partOf(definition) {
  const said = definition.description === undefined ? '' : `${oneLine(definition.description)}\n\n`;
  const isObject = definition.properties !== undefined;
  return `${said}${isObject ? membersOf(definition) : typeText(definition)}\n`;
}

function membersOf(schema) {
  const rows = rowsOf(schema, '').map(
    ([name, type, said]) => `| \`${name}\` | ${cell(type)} | ${cell(said)} |`,
  );
  return ['| member | type | meaning |', '|---|---|---|', ...rows].join('\n');
}

/** A row for each member; those of an object without a name of its own follow it as `outer.inner`. */
function rowsOf({ properties = {}, required = [] }, prefix) {
  return Object.entries(properties).flatMap(([name, member]) => {
    const path = `${prefix}${name}`;
    const inner = innerObject(member);
    const type = required.includes(name) ? typeText(member) : `${typeText(member)}, or absent`;
    const own = [path, type, oneLine(member.description ?? '')];
    return inner === undefined ? [own] : [own, ...rowsOf(inner.schema, `${path}${inner.list}.`)];
  });
}

function innerObject(schema) {
  if (schema.properties !== undefined) return { schema, list: '' };
  if (schema.type === 'array' && schema.items?.properties !== undefined)
    return { schema: schema.items, list: '[]' };
  const branch = (schema.anyOf ?? []).map(innerObject).find((one) => one !== undefined);
  return branch;
}

function typeText(schema) {
  if (schema.$ref !== undefined) return linkOf(nameOf(schema.$ref));
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' \\| ');
  if (schema.anyOf !== undefined)
    return schema.anyOf
      .filter(({ $ref }) => $ref !== '#/definitions/NotFinite')
      .map(typeText)
      .join(' \\| ');
  if (schema.type === 'array') return listText(schema);
  if (schema.type === 'object')
    return schema.properties === undefined && typeof schema.additionalProperties === 'object'
      ? `map to ${typeText(schema.additionalProperties)}`
      : 'object';
  return [schema.type].flat().join(' \\| ');
}

function listText({ items, minItems, maxItems }) {
  if (Array.isArray(items)) return `[${items.map(typeText).join(', ')}]`;
  const item = typeText(items);
  if (maxItems !== undefined && minItems === maxItems) return `[${Array(maxItems).fill(item).join(', ')}]`;
  return `list of ${item.includes('|') ? `(${item})` : item}`;
}

const linkOf = (name) => `[${name}](#${name.toLowerCase()})`;
const oneLine = (text) => text.replace(/\s+/g, ' ');
const cell = (text) => text.replaceAll(/(?<!\\)\|/g, '\\|');
