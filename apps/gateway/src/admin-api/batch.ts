import { Slices } from '@yardmaster/domain'
import { Refused } from './refused.ts'

/** Characters of JSON, in MiB. tRPC writes the answers to one request in one piece. */
const MOST_MIB = 4
const MOST_CHARACTERS = MOST_MIB * 1_048_576
/** Queries of one request that are under way at once. */
const LANES = 8

/** Calls that came in one request. Mutations are carried out one after the other, in the order in which they were sent. */
export class Batch {
  readonly #lanes: Promise<unknown>[] = Array.from({ length: LANES }, () => Promise.resolve())
  readonly #slices = new Slices()
  #queries = 0
  #characters = 0

  /**
   * Carries out one call when its turn has come.
   *
   * @throws PAYLOAD_TOO_LARGE when the answers are too long together. Nothing is changed by a call that is refused so.
   */
  run<Answer>(
    type: 'query' | 'mutation',
    call: () => Promise<Answer>,
    dataOf: (answer: Answer) => unknown,
  ): Promise<Answer> {
    const lane = type === 'mutation' ? 0 : this.#queries++ % LANES
    const turn = async () => {
      this.#check()
      const answer = await call()
      await this.#slices.next()
      this.#characters += JSON.stringify(dataOf(answer))?.length ?? 0
      if (type === 'query') this.#check()
      return answer
    }
    const running = (this.#lanes[lane] ?? Promise.resolve()).then(turn)
    this.#lanes[lane] = running.catch(() => undefined)
    return running
  }

  #check(): void {
    if (this.#characters <= MOST_CHARACTERS) return
    throw new Refused({ kind: 'answers_too_large', limitMib: MOST_MIB })
  }
}
