import type { ServerResponse } from 'node:http'

/**
 * Calls back once if the client of an answer that has been given to Node.js disconnects, or has disconnected, before the
 * operating system has all of it.
 */
export function ifNotSent(res: ServerResponse, callBack: () => void): void {
  const atClose = (): void => {
    if (!res.writableFinished) callBack()
  }
  if (res.closed || res.req.socket.destroyed) atClose()
  else res.once('close', atClose)
}
