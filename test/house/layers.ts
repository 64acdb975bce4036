// The layers of the source tree from the bottom up: which folder may import which.

export interface Layer {
  /**
   * Path of a folder or file, relative to the root. The layer is everything below it, except what has a row of its own.
   */
  readonly name: string;
  /** Layers that this layer may import in addition to itself; a folder includes every layer below it. */
  readonly imports: readonly string[];
  /** Layers from which this layer may import only types. */
  readonly types?: readonly string[];
}

const BASE = 'provider/model/base';
const MODEL = 'provider/model';
const CONTRACT = 'provider/runtime/contract';
const STORED = 'provider/runtime/stored';
const SELECT = 'provider/runtime/select';
const RUNTIME = 'provider/runtime';
const CONTROL = 'provider/runtime/control';
const EMBEDDED = 'provider/runtime/embedded';
const HANDLES = 'provider/runtime/handles';

/** Layers that each transport of the embedded data plane may import. */
const TRANSPORT = [
  `${EMBEDDED}/serving`,
  `${EMBEDDED}/io`,
  `${EMBEDDED}/shared`,
  `${EMBEDDED}/access-log`,
  SELECT,
  HANDLES,
  CONTRACT,
  BASE,
];

/** Layers that the code for Pulumi may import, without those of the command line. */
const PROVIDER = [
  'provider/resources',
  'provider/program',
  'provider/properties',
  'provider/messages',
  'provider/client',
  MODEL,
];

export const LAYERS: readonly Layer[] = [
  { name: 'sdk', imports: ['provider/shim.ts', BASE] },
  { name: 'provider/index.ts', imports: ['provider/methods', ...PROVIDER] },
  { name: 'provider/shim.ts', imports: [], types: ['provider/client', BASE] },
  { name: 'provider/methods', imports: PROVIDER },
  {
    name: 'provider/resources',
    imports: ['provider/program', 'provider/properties', 'provider/messages', MODEL],
  },
  { name: 'provider/program', imports: ['provider/properties', MODEL] },
  { name: 'provider/properties', imports: [BASE] },
  { name: 'provider/messages', imports: ['provider/properties', BASE], types: [`${MODEL}/rules`] },
  { name: 'provider/client', imports: [MODEL] },
  { name: 'provider/cli', imports: ['provider/cli', 'provider/methods', ...PROVIDER] },
  ...['serve', 'prune', 'restore'].map((command) => ({
    name: `provider/cli/commands/${command}.ts`,
    imports: ['provider/cli', 'provider/methods', ...PROVIDER, RUNTIME],
  })),

  { name: BASE, imports: [] },
  { name: `${MODEL}/objects`, imports: [BASE] },
  { name: `${MODEL}/rules`, imports: [`${MODEL}/objects`, BASE] },
  { name: `${MODEL}/permissions`, imports: [`${MODEL}/objects`, BASE] },
  { name: `${MODEL}/api`, imports: [`${MODEL}/objects`, `${MODEL}/permissions`, BASE] },

  { name: `${RUNTIME}/runtime.ts`, imports: [RUNTIME, MODEL] },
  { name: CONTRACT, imports: [BASE] },
  // Handles of sockets, and the channels that pass them between threads and processes.
  { name: HANDLES, imports: [] },
  { name: STORED, imports: [CONTRACT, MODEL] },
  { name: `${RUNTIME}/store`, imports: [STORED, CONTRACT, MODEL] },
  { name: `${RUNTIME}/compile`, imports: [STORED, CONTRACT, MODEL] },
  { name: SELECT, imports: [CONTRACT] },
  // A health check reads responses as traffic does.
  { name: `${RUNTIME}/health`, imports: [CONTRACT, SELECT, BASE, `${EMBEDDED}/http/message`] },

  {
    name: CONTROL,
    imports: [`${RUNTIME}/compile`, STORED, `${RUNTIME}/store`, `${RUNTIME}/health`, CONTRACT, MODEL, CONTROL],
  },
  ...['write', 'health'].map((part) => ({
    name: `${CONTROL}/${part}`,
    imports: [
      `${RUNTIME}/compile`,
      STORED,
      `${RUNTIME}/store`,
      `${RUNTIME}/health`,
      CONTRACT,
      MODEL,
      `${CONTROL}/access`,
      `${CONTROL}/events`,
    ],
  })),
  { name: `${CONTROL}/access`, imports: [`${RUNTIME}/compile`, STORED, `${RUNTIME}/store`, CONTRACT, MODEL] },
  {
    name: `${CONTROL}/events`,
    imports: [`${RUNTIME}/compile`, STORED, `${RUNTIME}/store`, CONTRACT, MODEL, `${CONTROL}/access`],
  },
  { name: `${RUNTIME}/api`, imports: [CONTROL, STORED, CONTRACT, MODEL], types: [`${RUNTIME}/health`] },

  {
    name: `${RUNTIME}/take-over`,
    imports: [`${RUNTIME}/store`, STORED, HANDLES, CONTRACT, BASE],
    types: [CONTROL, EMBEDDED],
  },

  {
    name: `${EMBEDDED}/engine.ts`,
    imports: [
      ...['main-thread', 'shared', 'access-log', 'tls'].map((folder) => `${EMBEDDED}/${folder}`),
      HANDLES,
      CONTRACT,
      BASE,
    ],
  },
  { name: `${EMBEDDED}/io`, imports: [HANDLES, BASE] },
  { name: `${EMBEDDED}/access-log`, imports: [CONTRACT, BASE] },
  { name: `${EMBEDDED}/shared`, imports: [CONTRACT, SELECT, BASE], types: [`${EMBEDDED}/access-log`] },
  { name: `${EMBEDDED}/http/message`, imports: [BASE] },
  { name: `${EMBEDDED}/http/routing`, imports: [`${EMBEDDED}/http/message`, CONTRACT, BASE] },
  { name: `${EMBEDDED}/http/actions`, imports: [`${EMBEDDED}/http/message`, CONTRACT, BASE] },
  {
    name: `${EMBEDDED}/serving`,
    imports: [
      `${EMBEDDED}/io`,
      `${EMBEDDED}/shared`,
      `${EMBEDDED}/access-log`,
      SELECT,
      `${EMBEDDED}/http/message`,
      `${EMBEDDED}/http/routing`,
      `${EMBEDDED}/http/actions`,
      HANDLES,
      CONTRACT,
      BASE,
    ],
  },
  { name: `${EMBEDDED}/http/upstream`, imports: [`${EMBEDDED}/serving`, `${EMBEDDED}/io`] },
  {
    name: `${EMBEDDED}/http/exchange`,
    imports: [...TRANSPORT, `${EMBEDDED}/http/upstream`, `${EMBEDDED}/http/message`, `${EMBEDDED}/http/actions`],
  },
  { name: `${EMBEDDED}/tcp`, imports: TRANSPORT },
  { name: `${EMBEDDED}/udp`, imports: TRANSPORT },
  { name: `${EMBEDDED}/tls`, imports: [...TRANSPORT, `${EMBEDDED}/http/exchange`, `${EMBEDDED}/http/message`] },
  ...['worker', 'main-thread'].map((side) => ({
    name: `${EMBEDDED}/${side}`,
    imports: [
      ...TRANSPORT,
      `${EMBEDDED}/http`,
      ...['tcp', 'udp', 'tls'].map((transport) => `${EMBEDDED}/${transport}`),
    ],
  })),
];
