// The objects that the stack adopts, made through the API: `node by-hand.ts`, with WEIR_TOKEN in the environment.
const {
  WEIR_ENDPOINT = 'http://127.0.0.1:7400',
  WEIR_TOKEN = '',
  HTTP_PORT = '8141',
  BACKEND_PORTS = '9141,9142',
} = process.env;
const [first, second] = BACKEND_PORTS.split(',').map(Number);

const objects = {
  'load-balancers/legacy': { address: '127.0.0.1' },
  'listeners/legacy-http': {
    loadBalancerId: 'legacy',
    protocol: 'HTTP',
    port: Number(HTTP_PORT),
    healthCheck: { protocol: 'HTTP', intervalSeconds: 1 },
  },
  'attachments/legacy-app': {
    listenerId: 'legacy-http',
    targets: {
      app1: { address: '127.0.0.1', port: first, weight: 50 },
      app2: { address: '127.0.0.1', port: second, weight: 50 },
    },
  },
};

for (const [path, properties] of Object.entries(objects)) {
  const response = await fetch(`${WEIR_ENDPOINT}/v1/${path}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${WEIR_TOKEN}` },
    body: JSON.stringify(properties),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}
