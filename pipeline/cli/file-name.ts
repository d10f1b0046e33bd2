/** A name, such as an instance's, as the name of a file. */
export function fileName(name: string): string {
  return name.replace(/[^\w.=,@+-]/g, '_');
}
