// Counts of traffic as the status shows them.
import type { StatusResponse } from '../../model/api/status.ts';
import type { ListenerTraffic } from '../contract/engine-statistics.ts';

/** Index of the class 5xx in counts of responses by status class. */
const ERROR_CLASS = 4;

/** The responses with a status of 500 or above, of counts by status class, 1xx to 5xx. */
export function errorResponsesOf(responses: readonly number[]): number {
  return responses[ERROR_CLASS] ?? 0;
}

/** The counts of a listener. Returns `undefined` if the listener is not served. */
export function shownTraffic(
  traffic: ListenerTraffic | undefined,
): StatusResponse['listeners'][number]['traffic'] | undefined {
  if (traffic === undefined) return undefined;
  const { connections, openConnections, requests, denied, limitedConnections, limitedRequests } = traffic;
  const rejectedConnections = traffic.rejectedConnections + limitedConnections;
  const errorResponses = errorResponsesOf(traffic.targetResponses) + errorResponsesOf(traffic.localResponses);
  return { connections, openConnections, rejectedConnections, requests, errorResponses, denied, limitedRequests };
}
