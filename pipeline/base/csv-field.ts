/** A field of RFC 4180: in double quotes where a comma, a quote or a line end is in it. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
