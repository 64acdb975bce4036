// The sample backend: `node backend.ts NAME PORT [ADDRESS]` responds to HTTP requests and to lines over plain TCP.
//
// Each response is the backend's name and port, so that a client sees which target it reached.
import http from 'node:http';
import net from 'node:net';

const [name = 'backend', port = '0', address = '127.0.0.1'] = process.argv.slice(2);

const web = http.createServer((request, response) => {
  request.resume();
  response.setHeader('content-type', 'text/plain');
  response.end(`${name} (port ${port})\n`);
});

/** HTTP and plain TCP share one port, so that an HTTP listener and a TCP listener can have the same target. */
const server = net.createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.once('data', (first) => {
    const isHttp = /^[A-Z]+ \S+ HTTP\/1/.test(first.toString('latin1'));
    socket.pause();
    socket.unshift(first);
    if (isHttp) web.emit('connection', socket);
    else echo(socket);
    socket.resume();
  });
});

function echo(socket: net.Socket): void {
  socket.setEncoding('utf8');
  let unfinished = '';
  socket.on('data', (text: string) => {
    const lines = (unfinished + text).split('\n');
    // A line without an end is cut off, so that it cannot fill the memory.
    unfinished = (lines.pop() ?? '').slice(-1024);
    for (const line of lines) socket.write(`${name} (port ${port}): ${line.trimEnd()}\n`);
  });
}

server.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
server.listen(Number(port), address, () => process.stdout.write(`ready ${name} ${port}\n`));
process.once('SIGTERM', () => process.exit(0));
