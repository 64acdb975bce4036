// Metrics of certificates: when each one expires, that of the API and those of listeners.
import type { Registry } from 'prom-client';
import type { ListenerSample } from './listener-metrics.ts';
import { gauge } from './series.ts';

/** Maximum number of certificates in one scrape. Those that expire first are shown. */
export const MAX_CERTIFICATES_SCRAPED = 2_500;

/** Writes the ends of certificates. Returns the number of certificates that were left out. */
export function writeCertificates(
  registry: Registry,
  apiCertificateEndMs: number | undefined,
  listeners: readonly ListenerSample[],
): number {
  if (apiCertificateEndMs !== undefined) {
    const help = 'When the certificate of the API, or the first one of its chain, expires, in seconds since 1970.';
    gauge(registry, 'weir_api_certificate_not_after_seconds', help).set(apiCertificateEndMs / 1000);
  }
  const end = gauge(
    registry,
    'weir_certificate_not_after_seconds',
    'When the certificate of the listener, or the first one of its chain, expires, in seconds since 1970.',
    ['listener', 'certificate'],
  );
  const all = listeners.flatMap(({ id: listener, certificates }) =>
    certificates.map((each) => ({ listener, ...each })),
  );
  all.sort((a, b) => a.endMs - b.endMs);
  for (const { listener, name, endMs } of all.slice(0, MAX_CERTIFICATES_SCRAPED)) {
    end.set({ listener, certificate: name }, endMs / 1000);
  }
  return Math.max(0, all.length - MAX_CERTIFICATES_SCRAPED);
}
