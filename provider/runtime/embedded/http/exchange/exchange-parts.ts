// The objects that serve one exchange, of which an idle client connection has none: a worker keeps them for the next one.
import { BodyReader } from '../message/body.ts';
import { Exchange } from './exchange.ts';
import { Http1Client, type Http1Connection } from './http1-client.ts';

/** Most unused parts that a worker keeps: some 4 MiB. */
const MAX_FREE = 1024;

const free: ExchangeParts[] = [];

export class ExchangeParts {
  readonly client = new Http1Client();
  readonly exchange = new Exchange(this.client);
  /** The reader of the request's body. */
  readonly body = new BodyReader();

  /** Takes parts for an exchange of the client connection. The ones that were used last are still in the caches. */
  static take(owner: Http1Connection): ExchangeParts {
    const parts = free.pop() ?? new ExchangeParts();
    parts.client.owner = owner;
    return parts;
  }

  /** Gives the parts back after the end of the exchange. Nothing may use them afterwards. */
  give(): void {
    this.exchange.leave();
    this.client.owner = undefined;
    if (free.length < MAX_FREE) free.push(this);
  }
}
