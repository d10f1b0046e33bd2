/**
 * Seconds per inference of table IV in "Quantized Transformer Language Model Implementations on Edge Devices"
 * (arXiv 2310.03971): MobileBERT, TensorFlow Lite of 2023, one thread. The table's total time by its 38,983 tweets, which
 * its power columns give. The 16-bit row of the 3B+ is that of 54,999 s: the 44,999 s in print contradict the other columns.
 */
export const PUBLISHED_SECONDS: Readonly<Record<string, Readonly<Record<'fp32' | 'fp16' | 'int8', number>>>> =
  {
    rpi3b: { fp32: 1.6602, fp16: 1.6217, int8: 1.0633 },
    rpi3bplus: { fp32: 1.4286, fp16: 1.4108, int8: 0.9119 },
    rpi4b: { fp32: 0.6149, fp16: 0.6118, int8: 0.381 },
  };

/** What was timed. The paper does not say how long its inputs were; MobileBERT's usual length is taken. */
export const PUBLISHED_MODEL = { preset: 'mobilebert', weights: 'as published' } as const;
export const PUBLISHED_TOKENS = 128;

/** As /proc/device-tree/model begins; the longer name first. */
const MODELS: readonly (readonly [beginning: string, board: string])[] = [
  ['Raspberry Pi 3 Model B Plus', 'rpi3bplus'],
  ['Raspberry Pi 3 Model B', 'rpi3b'],
  ['Raspberry Pi 4 Model B', 'rpi4b'],
];

/** The board of the table, by what a device said of itself, or by its name where it never answered; null for others. */
export function publishedBoard(said: string | null, name: string): string | null {
  if (said !== null) return MODELS.find(([beginning]) => said.startsWith(beginning))?.[1] ?? null;
  return Object.hasOwn(PUBLISHED_SECONDS, name) ? name : null;
}
