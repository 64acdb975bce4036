// The form of a host without a port: a name, or an address as a URL has it.

const LABEL = '[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';
const NAME = new RegExp(`^(\\*\\.)?${LABEL}(\\.${LABEL})*\\.?$`);
const IPV6 = /^\[[0-9A-Fa-f:.]{2,45}\]$/;

/** Whether the text is a host, or "*." and a host. */
export function isHost(text: string): boolean {
  return NAME.test(text) || IPV6.test(text);
}

/** Whether the text is a host without a wildcard. */
export function isOneHost(text: string): boolean {
  return isHost(text) && !text.startsWith('*');
}
