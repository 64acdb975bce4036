// The chart of the document: the speeds of the proxies as multiples of HAProxy's, as an SVG picture.
import { ratios } from './markdown.ts';
import type { ScenarioResult, Way } from './scenarios.ts';
import { median, medianInterval } from './statistics.ts';

const BARS: readonly { readonly way: Way; readonly name: string }[] = [
  { way: 'weir', name: 'Weir' },
  { way: 'nginx', name: 'nginx' },
  { way: 'envoy', name: 'Envoy' },
];
/** Ratios beyond this are cut; the number beside the bar is the true one. */
const MAX_RATIO = 2;
const [WIDTH, LABELS, NUMBERS] = [860, 290, 130];
const SCALE = (WIDTH - LABELS - NUMBERS) / MAX_RATIO;
const [BAR, GAP, HEAD] = [13, 14, 44];

/** Colours that can be read on light and on dark pages. */
const STYLE = `text { font: 13px system-ui, sans-serif; fill: #24292f }
.number { font-size: 11px } .weir { fill: #0969da } .nginx { fill: #6e9f6d } .envoy { fill: #b07ca8 }
.base { stroke: #57606a; stroke-dasharray: 4 3 } .range { stroke: #24292f }
@media (prefers-color-scheme: dark) {
text { fill: #d1d7e0 } .base { stroke: #9198a1 } .range { stroke: #d1d7e0 } .weir { fill: #4493f8 } }`;

/** Returns the picture, or `undefined` if no scenario has a HAProxy to compare with. */
export function renderChart(results: readonly ScenarioResult[]): string | undefined {
  const compared = results.filter(({ scenario, samples }) => samples.has('haproxy') && !scenario.isOpenLoop);
  if (compared.length === 0) return undefined;
  const parts: string[] = [];
  let y = HEAD;
  for (const { scenario, samples } of compared) {
    const bars = BARS.filter(({ way }) => samples.has(way));
    parts.push(textAt(LABELS - 10, y + (bars.length * BAR) / 2 + 4, scenario.title, 'text-anchor="end"'));
    for (const { way } of bars) {
      const speeds = (which: Way) => (samples.get(which) ?? []).map((sample) => sample.requestsPerSecond);
      parts.push(bar(y, way, ratios(speeds(way), speeds('haproxy'))));
      y += BAR;
    }
    y += GAP;
  }
  const one = LABELS + SCALE;
  const base = `<line class="base" x1="${one}" y1="${HEAD - 8}" x2="${one}" y2="${y - GAP + 4}"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img">
<title>Speed as a multiple of that of HAProxy</title>
<style>${STYLE}</style>
${[...legend(), base, ...parts, textAt(one, HEAD - 14, 'HAProxy = 1', 'text-anchor="middle"')].join('\n')}
</svg>
`;
}

function legend(): string[] {
  return BARS.flatMap(({ way, name }, i) => {
    const x = 12 + i * 76;
    return [`<rect class="${way}" x="${x}" y="10" width="12" height="12"/>`, textAt(x + 18, 21, name)];
  });
}

/** A bar with the interval of its median as a thin line, and its number. */
function bar(y: number, way: Way, values: readonly number[]): string {
  const [low, high] = medianInterval(values);
  const at = (value: number) => (LABELS + Math.min(value, MAX_RATIO) * SCALE).toFixed(1);
  const width = (Math.min(median(values), MAX_RATIO) * SCALE).toFixed(1);
  const middle = y + BAR / 2 - 0.5;
  const number = `${median(values).toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`;
  return [
    `<rect class="${way}" x="${LABELS}" y="${y}" width="${width}" height="${BAR - 2}"/>`,
    `<line class="range" x1="${at(low)}" y1="${middle}" x2="${at(high)}" y2="${middle}"/>`,
    textAt(Number(at(Math.max(high, median(values)))) + 6, y + BAR - 3, number, 'class="number"'),
  ].join('\n');
}

function textAt(x: number, y: number, text: string, more = ''): string {
  const escaped = text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  return `<text x="${x}" y="${y}"${more === '' ? '' : ` ${more}`}>${escaped}</text>`;
}
