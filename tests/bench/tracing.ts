import type { FakeRunner } from '../support/fake-runner.ts'
import type { Site } from './form.ts'
import { request } from './load.ts'

const PIECE_BYTES = 4096
const PIECE = Buffer.from(`${'x'.repeat(63)}\n`.repeat(PIECE_BYTES / 64))

/** A job whose log grows in patches of 4 KiB. */
export class GrowingLog {
  readonly jobId: number
  readonly #token: string
  #size = 0

  constructor({ id, token }: { readonly id: number; readonly token: string }) {
    this.jobId = id
    this.#token = token
  }

  static async begin(site: Site, runner: FakeRunner): Promise<GrowingLog> {
    await site.admin.mutate('jobs.create', { name: 'sample', definition: { script: ['true'] } })
    return new GrowingLog(await runner.take())
  }

  /** Number of acknowledged bytes. */
  get size(): number {
    return this.#size
  }

  nextPiece(): Buffer {
    return request(
      'PATCH',
      `/api/v4/jobs/${this.jobId}/trace`,
      {
        'User-Agent': 'gitlab-runner 18.5.0',
        'Content-Type': 'text/plain',
        'JOB-TOKEN': this.#token,
        'Content-Range': `${this.#size}-${this.#size + PIECE_BYTES - 1}`,
      },
      PIECE,
    )
  }

  answered(): void {
    this.#size += PIECE_BYTES
  }
}
