// Node's HTTP module without the client of `fetch`.

/**
 * The members of `node:http` that Weir uses. An `import` of that module reads each of its exports, and some of them load
 * Node's own copy of undici: 55 ms in the start of every process and worker thread, for nothing.
 */
export const { request, STATUS_CODES } = process.getBuiltinModule('node:http');
