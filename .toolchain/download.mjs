// Downloads one file over https, and gives up early if the host cannot be reached.

import { createWriteStream } from 'node:fs';
import https from 'node:https';
import { pipeline } from 'node:stream/promises';
import { SetupError } from './progress.mjs';

/**
 * Limit for name lookup, connection and TLS together, so that the next source is tried soon if this one cannot be
 * reached.
 */
const CONNECT_MS = 5_000;
/** A download without a byte for this time has stalled. */
const IDLE_MS = 30_000;
const MAX_REDIRECTS = 5;

/**
 * Downloads a file. Throws if the host cannot be reached, the download stalls or the status is not 200.
 * @param {string} url
 * @param {string} file written as it arrives; to be renamed by the caller once it is verified
 * @param {(received: number, total: number | undefined) => void} [onProgress]
 */
export async function download(url, file, onProgress) {
  const response = await get(url, MAX_REDIRECTS);
  const total = Number(response.headers['content-length']) || undefined;
  let received = 0;
  response.on('data', (chunk) => {
    received += chunk.length;
    onProgress?.(received, total);
  });
  response.setTimeout(IDLE_MS, () => response.destroy(new Error('stalled')));
  try {
    await pipeline(response, createWriteStream(file));
  } catch (cause) {
    throw unreachable(url, /** @type {Error} */ (cause));
  }
}

/**
 * Requests a URL over https and follows redirects. Resolves when the head of a response with status 200 has arrived.
 * @param {string} url
 * @param {number} redirects
 * @returns {Promise<import('node:http').IncomingMessage>}
 */
function get(url, redirects) {
  return new Promise((resolve, reject) => {
    if (!url.startsWith('https://')) return reject(new SetupError(`${url} is not https`));
    // A request with an agent would keep its connection open, and so keep the process running after the last byte.
    const request = https.get(url, { agent: false });
    const deadline = setTimeout(() => request.destroy(new Error(`no connection after ${CONNECT_MS} ms`)), CONNECT_MS);
    request.on('socket', (socket) => socket.once('secureConnect', () => clearTimeout(deadline)));
    request.setTimeout(IDLE_MS, () => request.destroy(new Error('no response')));
    request.on('error', (cause) => {
      clearTimeout(deadline);
      reject(unreachable(url, cause));
    });
    request.on('response', (response) => {
      const { statusCode = 0 } = response;
      const { location } = response.headers;
      if (statusCode === 200) return resolve(response);
      response.resume();
      if (statusCode >= 300 && statusCode < 400 && location && redirects > 0) {
        return resolve(get(new URL(location, url).href, redirects - 1));
      }
      reject(new SetupError(`${url} responded with ${statusCode}`));
    });
  });
}

/**
 * The error for a host that cannot be reached or a download that breaks, as a failure of the set-up.
 * @param {string} url
 * @param {Error} cause
 */
function unreachable(url, cause) {
  return new SetupError(`${new URL(url).host}: ${cause.message}`, { cause });
}
