// temporary stand-in
import http from 'node:http';
import net from 'node:net';
http.createServer((_q, s) => s.end('{}')).listen(8080, process.env.HOST);
net.createServer((s) => { s.on('error', () => {}); s.end('up ready\n'); }).listen(8081);
