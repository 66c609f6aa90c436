import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Pace } from './limits.ts'

/** How often it is looked at within the time of a pace. */
const LOOKS = 8

/** When what waited to be sent was looked at first, what had left by then, and what waited. */
interface Mark {
  readonly at: number
  readonly sent: number
  readonly waiting: number
}

/**
 * Cuts connections whose clients don't take what they asked for: an answer that waits holds memory, an open file or a
 * connection to the object store. One is cut when, of what waited for `withinMs`, fewer than `bytes` left, and not all.
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
 * What was written and not yet taken by the kernel. A stream counts a large piece as waiting until all of it has left; the
 * handle, whose count Node's own time-outs go by, knows better.
 */
function waitingBytes(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle')
  const queue = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'writeQueueSize') : undefined
  const dispatched = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'bytesWritten') : undefined
  if (typeof queue !== 'number' || typeof dispatched !== 'number') return socket.writableLength
  return queue + Math.max(0, socket.bytesWritten - dispatched)
}
