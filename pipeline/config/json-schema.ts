import { z } from 'zod';
import { compareCodePoints } from '../base/canonical.js';
import type { StageDefinition } from '../contract/stage.js';
import { fileSchema } from './schema.js';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/**
 * The JSON Schema (draft 7, which editors know best) of pipeline.yaml, made from the schemas that check it. The
 * options of a stage depend on its `uses`. As in the loader, null stands for "not given".
 */
export function jsonSchema(definitions: ReadonlyMap<string, StageDefinition>): JsonSchema {
  const sorted = [...definitions.values()].sort((a, b) => compareCodePoints(a.id, b.id));
  const schema = convert(fileSchema);
  const stage = memberOf(memberOf(schema, 'stages'), 'additionalProperties');
  const overlay = memberOf(memberOf(memberOf(schema, 'profiles'), 'additionalProperties'), 'stages');
  const overlaidStage = memberOf(overlay, 'additionalProperties');
  const options = Object.fromEntries(sorted.map((item) => [item.id, convert(item.options)]));
  typeStage(stage, sorted, options);
  typeStage(overlaidStage, sorted, {});
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Edgeline pipeline',
    ...withNulls(schema),
    definitions: Object.fromEntries(
      Object.entries(options).map(([id, value]) => [`options-${id}`, withNulls(value)]),
    ),
  };
}

/** The text of docs/pipeline.schema.json: equal definitions give equal bytes. */
export function jsonSchemaText(definitions: ReadonlyMap<string, StageDefinition>): string {
  return `${JSON.stringify(jsonSchema(definitions), null, 2)}\n`;
}

function convert(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  });
  return rest;
}

/** A property, or the schema of the other members; ours is always there, so its absence is our mistake. */
function memberOf(schema: JsonSchema, name: string): JsonSchema {
  const member = name === 'additionalProperties' ? schema.additionalProperties : schema.properties?.[name];
  if (typeof member !== 'object') throw new Error(`Internal error: the schema has no ${name}`);
  return member;
}

/** Makes `with` depend on `uses`; `needed` holds the options that cannot do without `with`. */
function typeStage(
  stage: JsonSchema,
  definitions: readonly StageDefinition[],
  needed: Readonly<Record<string, JsonSchema>>,
): void {
  const uses = memberOf(stage, 'uses');
  uses.enum = definitions.map((item) => item.id);
  delete uses.minLength;
  stage.allOf = definitions.map((item) => ({
    if: { properties: { uses: { const: item.id } }, required: ['uses'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: {
      description: item.summary,
      properties: { with: { $ref: `#/definitions/options-${item.id}` } },
      ...((needed[item.id]?.required ?? []).length > 0 ? { required: ['with'] } : {}),
    },
  }));
}

/** Lets every member that is not required also be null, which means that it is not given. */
function withNulls(schema: JsonSchema): JsonSchema {
  const result: JsonSchema = { ...schema };
  const required = new Set(schema.required ?? []);
  if (schema.properties !== undefined) {
    result.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, member]) => {
        if (typeof member !== 'object') return [name, member];
        return [name, required.has(name) ? withNulls(member) : orNull(withNulls(member))];
      }),
    );
  }
  if (schema.anyOf !== undefined) {
    result.anyOf = schema.anyOf.map((branch) => (typeof branch === 'object' ? withNulls(branch) : branch));
  }
  if (
    typeof schema.additionalProperties === 'object' &&
    Object.keys(schema.additionalProperties).length > 0
  ) {
    result.additionalProperties = orNull(withNulls(schema.additionalProperties));
  }
  return result;
}

function orNull(schema: JsonSchema): JsonSchema {
  const { description, default: preset, ...rest } = schema;
  return {
    ...(description === undefined ? {} : { description }),
    ...(preset === undefined ? {} : { default: preset }),
    anyOf: [rest, { type: 'null' }],
  };
}
