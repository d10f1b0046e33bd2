/** The part of JSON Schema draft 7 that our schema uses; an unknown keyword throws, so that nothing goes unchecked. */
type Schema = Readonly<Record<string, unknown>>;

const ANNOTATIONS = new Set(['$schema', 'title', 'description', 'default', 'definitions', 'examples']);

/** Paths at which `value` breaks `schema`; empty when it is valid. */
export function schemaErrors(schema: unknown, value: unknown, root: unknown = schema, path = '$'): string[] {
  if (schema === true) return [];
  if (!isRecord(schema)) throw new Error(`not a schema at ${path}`);
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    if (ANNOTATIONS.has(keyword)) return [];
    return check(keyword, rule, { schema, value, root, path });
  });
}

interface Place {
  readonly schema: Schema;
  readonly value: unknown;
  readonly root: unknown;
  readonly path: string;
}

function check(keyword: string, rule: unknown, { schema, value, root, path }: Place): string[] {
  const fail = (isBad: boolean) => (isBad ? [`${path} ${keyword}`] : []);
  const isValid = (inner: unknown) => schemaErrors(inner, value, root, path).length === 0;
  switch (keyword) {
    case 'type':
      return fail(!asList(rule).some((type) => hasType(value, type)));
    case 'const':
      return fail(value !== rule);
    case 'enum':
      return fail(!asList(rule).includes(value));
    case 'anyOf':
      return fail(!asList(rule).some(isValid));
    case 'allOf':
      return asList(rule).flatMap((inner) => schemaErrors(inner, value, root, path));
    case 'if':
      return isValid(rule) && 'then' in schema ? schemaErrors(schema.then, value, root, path) : [];
    case 'then':
      return [];
    case '$ref':
      return schemaErrors(resolve(root, String(rule)), value, root, path);
    case 'pattern':
      return fail(typeof value === 'string' && !new RegExp(String(rule), 'u').test(value));
    case 'minLength':
      return fail(typeof value === 'string' && value.length < Number(rule));
    case 'minItems':
      return fail(Array.isArray(value) && value.length < Number(rule));
    case 'minimum':
      return fail(typeof value === 'number' && value < Number(rule));
    case 'maximum':
      return fail(typeof value === 'number' && value > Number(rule));
    case 'exclusiveMinimum':
      return fail(typeof value === 'number' && value <= Number(rule));
    case 'exclusiveMaximum':
      return fail(typeof value === 'number' && value >= Number(rule));
    case 'maxItems':
      return fail(Array.isArray(value) && value.length > Number(rule));
    case 'items':
      // A list of schemas is one for each place.
      if (Array.isArray(rule))
        return rule.flatMap((inner, at) =>
          Array.isArray(value) && at < value.length
            ? schemaErrors(inner, value[at], root, `${path}[${at}]`)
            : [],
        );
      return Array.isArray(value)
        ? value.flatMap((item, index) => schemaErrors(rule, item, root, `${path}[${index}]`))
        : [];
    case 'required':
      return isRecord(value) ? asList(rule).flatMap((name) => fail(!Object.hasOwn(value, String(name)))) : [];
    case 'propertyNames':
      return isRecord(value)
        ? Object.keys(value).flatMap((name) => schemaErrors(rule, name, root, `${path}.${name}`))
        : [];
    case 'properties':
      return isRecord(value) && isRecord(rule)
        ? Object.entries(value).flatMap(([name, member]) =>
            Object.hasOwn(rule, name) ? schemaErrors(rule[name], member, root, `${path}.${name}`) : [],
          )
        : [];
    case 'additionalProperties': {
      if (!isRecord(value)) return [];
      const declared = isRecord(schema.properties) ? schema.properties : {};
      const others = Object.keys(value).filter((name) => !Object.hasOwn(declared, name));
      if (rule === false) return others.map((name) => `${path}.${name} ${keyword}`);
      return others.flatMap((name) => schemaErrors(rule, value[name], root, `${path}.${name}`));
    }
    default:
      throw new Error(`keyword ${keyword} at ${path} is not checked`);
  }
}

function resolve(root: unknown, reference: string): unknown {
  return reference
    .replace(/^#\//, '')
    .split('/')
    .reduce((node: unknown, step) => (isRecord(node) ? node[step] : undefined), root);
}

function hasType(value: unknown, type: unknown): boolean {
  if (value === null) return type === 'null';
  if (Array.isArray(value)) return type === 'array';
  return type === 'integer' ? Number.isInteger(value) : typeof value === type;
}

function asList(rule: unknown): readonly unknown[] {
  return Array.isArray(rule) ? rule : [rule];
}

function isRecord(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
