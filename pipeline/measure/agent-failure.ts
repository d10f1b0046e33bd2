/** What a program on a device says when it fails. */
interface Said {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** The same as a failure here: with the device's name in pipeline.yaml, which no program there knows. */
export function agentFailure(
  device: string,
  { code, message, hint }: Said,
): { readonly code: string; readonly message: string; readonly hint?: string } {
  return {
    code,
    message: `${device}: ${message}`,
    ...(hint === undefined ? {} : { hint: hint.replace('devices setup NAME', `devices setup ${device}`) }),
  };
}
