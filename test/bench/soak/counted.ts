// The comparison of the runtime's counters with the clients' own counts.
import type { CrewCounts } from './crew.ts';
import type { Served } from './served.ts';
import type { CounterRow } from './soak-result.ts';

/** The counters that are compared, each with the count of the clients that must equal it. */
const COMPARED: readonly {
  readonly what: string;
  readonly listener: string;
  readonly counter: string;
  readonly label?: string;
  readonly byClients: (counts: CrewCounts) => number;
}[] = [
  ...(['HTTP', 'HTTPS'] as const).flatMap((protocol) => [
    {
      what: `requests of the ${protocol} listener`,
      listener: protocol.toLowerCase(),
      counter: 'weir_http_requests_total',
      byClients: (counts: CrewCounts) => requestsOf(counts, protocol),
    },
    {
      what: `responses of its targets with the status 200`,
      listener: protocol.toLowerCase(),
      counter: 'weir_http_responses_total',
      label: 'origin="target",code="2xx"',
      byClients: (counts: CrewCounts) => requestsOf(counts, protocol),
    },
  ]),
  {
    what: 'connections of the TCP listener',
    listener: 'tcp',
    counter: 'weir_listener_connections_total',
    byClients: ({ opened }) => opened,
  },
];

function requestsOf({ requests }: CrewCounts, protocol: string): number {
  return (requests[`${protocol}, kept`] ?? 0) + (requests[`${protocol}, fresh`] ?? 0);
}

type CountsOf = { readonly counts: () => Promise<CrewCounts> };

/** Both counts at one moment, for each of COMPARED. */
type Moment = readonly { readonly counted: number; readonly byClients: number }[];

export class Counted {
  readonly #served: Served;
  readonly #crew: CountsOf;
  readonly #sums = COMPARED.map(() => ({ counted: 0, byClients: 0 }));
  #opened: Moment = [];

  constructor(served: Served, crew: CountsOf) {
    this.#served = served;
    this.#crew = crew;
  }

  /** Begins to compare the counters of the process at hand. The clients rest meanwhile. */
  async open(): Promise<void> {
    this.#opened = await this.#moment();
  }

  /** Ends the comparison of this process, and adds what it counted since then. The clients rest meanwhile. */
  async close(): Promise<void> {
    for (const [i, { counted, byClients }] of (await this.#moment()).entries()) {
      const [sums, opened] = [this.#sums[i], this.#opened[i]];
      if (sums === undefined || opened === undefined) continue;
      sums.counted += counted - opened.counted;
      sums.byClients += byClients - opened.byClients;
    }
  }

  get rows(): readonly CounterRow[] {
    return COMPARED.map(({ what }, i) => ({ what, ...(this.#sums[i] ?? { counted: 0, byClients: 0 }) }));
  }

  /**
   * Compares the lines of the access log with the counts of the clients at the end. The lines of the probes are left
   * out, because a worker that is ended takes those of its last moment with it.
   */
  logged(counts: CrewCounts): readonly CounterRow[] {
    const byClients = {
      http: requestsOf(counts, 'HTTP'),
      https: requestsOf(counts, 'HTTPS'),
      tcp: counts.opened,
    };
    return Object.entries(byClients).map(([listener, count]) => ({
      what: `lines of the access log, listener ${listener}`,
      counted: this.#served.lines[listener] ?? 0,
      byClients: count,
    }));
  }

  async #moment(): Promise<Moment> {
    const counts = await this.#crew.counts();
    const moment = COMPARED.map(async ({ counter, listener, label, byClients }) => {
      const counters = await this.#served.counter(counter, label);
      return { counted: counters[listener] ?? 0, byClients: byClients(counts) };
    });
    return await Promise.all(moment);
  }
}
