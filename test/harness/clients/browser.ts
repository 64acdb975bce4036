// Headless Chromium, Debian's package: loads one page and gives what its document is then.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { temporaryDirectory } from '../runtime/runtime.ts';

/** A browser that hangs is a failure; on a busy machine its start alone takes seconds. */
const PATIENCE_MS = 120_000;

/** The document as HTML after the page's load event. Certificates are not checked; nothing but the page is asked for. */
export async function dumpDom(t: { after(clean: () => unknown): unknown }, url: string): Promise<string> {
  const profile = temporaryDirectory(t as never);
  const args = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--ignore-certificate-errors',
    `--user-data-dir=${profile}`,
    '--dump-dom',
    url,
  ];
  const child = spawn('chromium', args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: PATIENCE_MS });
  let dom = '';
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    dom += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`chromium ended with ${code ?? signal}: ${log}`);
  return dom;
}
