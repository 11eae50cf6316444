import type { Socket } from 'node:net';
import { ApiError, errorBody } from '../errors.ts';

/** Answers a request that Node could not read or that did not arrive in time; the connection is of no use after that. */
export function answerClientError(error: { code?: string }, socket: Socket): void {
  // The client has gone: nobody to answer.
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const answer = new ApiError(error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'REQUEST_TIMEOUT' : 'BAD_REQUEST');
  const body = JSON.stringify(errorBody(answer));
  socket.end(
    `HTTP/1.1 ${answer.status} ${answer.code}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
