import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface Impostor extends AsyncDisposable {
  readonly port: number
}

/** Opens a server that accepts connections and behaves as given, unlike the server that the client expects. */
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

/** Never answers. */
export const hangs = (): void => undefined

/** Closes each connection at once. */
export const closes = (socket: Socket): void => void socket.end()

/** Answers everything with the same text. */
export const answers =
  (text: string | Uint8Array) =>
  (socket: Socket): void => {
    socket.on('data', () => socket.write(text))
  }

/** Answers with a text and closes the connection. */
export const answersOnce =
  (text: string | Uint8Array) =>
  (socket: Socket): void => {
    socket.once('data', () => socket.end(text))
  }
