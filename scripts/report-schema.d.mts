export type Schema = Readonly<Record<string, unknown>>;

export function reportSchema(): Schema;
export function reportSchemaText(schema?: Schema): string;
export function reportReference(schema?: Schema): string;
