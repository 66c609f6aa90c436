import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface Impostor extends AsyncDisposable {
  readonly port: number
}

/** A server that takes connections and does with each what it is told: it is not what a client takes it for. */
export async function openImpostor(behave: (socket: Socket) => void): Promise<Impostor> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
    behave(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Never says a word. */
export const hangs = (): void => undefined

/** Ends each connection at once. */
export const closes = (socket: Socket): void => void socket.end()

/** Says the same to whatever it hears. */
export const answers =
  (text: string | Uint8Array) =>
  (socket: Socket): void => {
    socket.on('data', () => socket.write(text))
  }

/** Says the same to whatever it hears, and ends the connection. */
export const answersOnce =
  (text: string | Uint8Array) =>
  (socket: Socket): void => {
    socket.once('data', () => socket.end(text))
  }
