// Headless Chromium (Debian's package), which loads one page and returns the resulting document.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { temporaryDirectory } from '../runtime/runtime.ts';

/**
 * Time limit for the browser. Its start alone takes seconds on a busy machine, so only a hanging browser reaches this
 * limit.
 */
const PATIENCE_MS = 120_000;

/**
 * Returns the document as HTML after the page's load event. The browser accepts any certificate and makes no request
 * except those of the page.
 */
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
