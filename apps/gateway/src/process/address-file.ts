import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** An address that listens on all networks, as a client on this machine reaches it. */
export const onThisMachine = (url: string): string =>
  url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')

/**
 * Notes in the data directory where this process listens, for commands that are run beside it (`npm run demo`). Disposing
 * removes the note. A process that was killed leaves it behind: its readers find that nothing answers there.
 *
 * @param url - where it listens; reachable on this machine.
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
