import { parseDuration } from '../../duration.ts'
import type { RemoteAnswer } from '../config-source.ts'
import { type IncludeEntry, type Including, isAddress } from '../include-entry.ts'
import { type Fetched, type FileProblem, IncludedFile, presentText } from '../included-file.ts'
import type { Level } from '../level.ts'

/** How long `cache: true` keeps a file. */
const CACHE_SECONDS = 3600
/** How often the source tries, which messages tell. */
const ATTEMPTS = 3

/** A file at a public address. Its own includes see no project and no variables. */
export class RemoteFile extends IncludedFile {
  readonly keyword = 'remote'

  static open(entry: IncludeEntry, including: Including): RemoteFile | null {
    const location = entry.keys.get('remote')
    return presentText(location) === null ? null : new RemoteFile(entry, location ?? null, including)
  }

  override checkLocation(): FileProblem | null {
    const problem = super.checkLocation()
    if (problem || isAddress(String(this.location))) return problem
    return { message: `Remote file \`${this.shown}\` does not have a valid address!` }
  }

  async fetch(): Promise<Fetched> {
    const { run } = this.including
    const request = { address: String(this.location).trim(), cacheSeconds: this.#cacheSeconds }
    const answer = await run.wait(
      async (signal): Promise<RemoteAnswer> =>
        (await run.source.remote?.(request, signal)) ?? {
          failed: 'refused',
          reason: 'this server fetches no addresses',
        },
    )
    if ('failed' in answer) return { message: this.#failure(answer) }
    if (!(await this.#isIntact(answer.bytes)))
      return { message: `Remote file \`${this.shown}\` failed integrity check!` }
    return { text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(answer.bytes) }
  }

  get #cacheSeconds(): number | null {
    const cache = this.given('cache')
    const seconds = typeof cache === 'string' ? parseDuration(cache) : null
    return typeof seconds === 'number' ? seconds : cache === true ? CACHE_SECONDS : null
  }

  #failure(answer: Exclude<RemoteAnswer, { bytes: Uint8Array }>): string {
    const file = `Remote file \`${this.shown}\``
    const afterAll = `${file} could not be fetched after ${ATTEMPTS} attempts because of`
    switch (answer.failed) {
      case 'timeout':
        return `${afterAll} a timeout error!`
      case 'socket':
        return `${afterAll} a socket error!`
      case 'http':
        return `${afterAll} HTTP error!`
      case 'empty':
        return `${file} could not be fetched because the response was empty!`
      case 'status': {
        const attempts = `${answer.attempts} ${answer.attempts === 1 ? 'attempt' : 'attempts'}`
        return `${file} could not be fetched after ${attempts} because of HTTP code \`${answer.status}\` error!`
      }
      case 'refused':
        return `Remote file could not be fetched because ${answer.reason}!`
    }
  }

  async #isIntact(bytes: Uint8Array): Promise<boolean> {
    const integrity = this.given('integrity')
    if (integrity === null || integrity === false) return true
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes)))
    return String(integrity).replace(/^sha256-/, '') === btoa(String.fromCharCode(...hash))
  }

  override get levelInside(): Level {
    return { files: null, variables: new Map(), component: new Map(), hasParent: false }
  }
}
