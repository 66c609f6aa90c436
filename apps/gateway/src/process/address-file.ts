import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Replaces an address that listens on all interfaces by the one that a client on this machine connects to. */
export const onThisMachine = (url: string): string =>
  url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')

/**
 * Writes the address of this process into the data directory, for commands that are run beside it (`npm run demo`).
 * Disposing removes the file. A killed process leaves it behind: its readers then find that nothing answers there.
 *
 * @param url - an address of this process that is reachable on this machine.
 */
export function noteAddress(dataDir: string, url: string): Disposable {
  const file = join(dataDir, 'address')
  writeFileSync(file, `${url}\n`, { mode: 0o600 })
  return {
    [Symbol.dispose]() {
      rmSync(file, { force: true })
    },
  }
}
