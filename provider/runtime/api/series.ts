// Metrics of a registry that one scrape fills, and names that their labels have in common.
import { Counter, Gauge, type Registry } from 'prom-client';

/** The classes of status codes, as labels. */
export const CLASS_NAMES = ['1xx', '2xx', '3xx', '4xx', '5xx'];

export function gauge(registry: Registry, name: string, help: string, labelNames: readonly string[] = []): Gauge {
  return new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
}

export function counter(registry: Registry, name: string, help: string, labelNames: readonly string[]): Counter {
  return new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
}
