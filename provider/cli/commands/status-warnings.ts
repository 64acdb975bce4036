// Lines of `weir status` about what an operator should know: certificates that end, and listeners without a target.
import type { StatusResponse } from '../../model/api/status.ts';
import { inOneLine } from '../../model/base/one-line.ts';

export function apiWarningLines({ apiCertificate }: StatusResponse): string[] {
  return (apiCertificate?.warnings ?? []).map((text) => inOneLine(`warning: the certificate of the API ${text}`));
}

export function listenerWarningLines({ warnings = [] }: StatusResponse['listeners'][number]): string[] {
  return warnings.map((text) => inOneLine(`warning: ${text}`));
}
