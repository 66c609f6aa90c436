import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Pace } from './limits.ts'

/** Checks in each period of a pace. */
const LOOKS = 8

/** The state of a connection at the start of a period: the time, bytes sent by then, and bytes waiting to be sent. */
interface Mark {
  readonly at: number
  readonly sent: number
  readonly waiting: number
}

/**
 * Cuts connections whose clients don't read their answers: a waiting answer keeps memory, an open file or a connection
 * to the object store in use. A connection is cut when fewer than `bytes`, and not all that waited, left in `withinMs`.
 */
export function cutSlowReaders(server: Server, { bytes, withinMs }: Pace): void {
  const sockets = new Set<Socket>()
  const marks = new WeakMap<Socket, Mark>()
  // One listener for all of them: there may be thousands.
  function forget(this: Socket): void {
    sockets.delete(this)
  }
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', forget)
  })

  function look(socket: Socket, now: number): void {
    const waiting = waitingBytes(socket)
    if (waiting === 0) return void marks.delete(socket)
    const sent = socket.bytesWritten - waiting
    const mark = marks.get(socket)
    if (!mark || sent - mark.sent >= Math.min(bytes, mark.waiting)) marks.set(socket, { at: now, sent, waiting })
    else if (now - mark.at >= withinMs) socket.destroy()
  }
  const timer = setInterval(() => {
    const now = performance.now()
    for (const socket of sockets) look(socket, now)
  }, withinMs / LOOKS)
  timer.unref()
  server.on('close', () => clearInterval(timer))
}

/**
 * Returns the bytes that were written and not yet taken by the kernel. A stream counts a large chunk as waiting until
 * all of it has left; the count of the handle, which Node's own time-outs use, is exact.
 */
function waitingBytes(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  const queue = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'writeQueueSize') : undefined
  const dispatched = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'bytesWritten') : undefined
  if (typeof queue !== 'number' || typeof dispatched !== 'number') return socket.writableLength
  return queue + Math.max(0, socket.bytesWritten - dispatched)
}
