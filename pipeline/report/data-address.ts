/** A text as an address that holds it, for a link that saves it: as little as an address and an attribute demand is written in per cent signs. */
export function dataAddress(type: 'text/csv' | 'application/x-tex', text: string): string {
  const encoded = encodeURIComponent(text)
    .replace(/%(?:2C|3A|3B|3D|40|2F|24|2B)/g, decodeURIComponent)
    .replaceAll("'", '%27');
  return `data:${type};charset=utf-8,${encoded}`;
}
