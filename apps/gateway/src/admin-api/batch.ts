import { Slices } from '@yardmaster/domain'
import { Refused } from './refused.ts'

/** Limit on the JSON of all answers to one request, in MiB of characters: tRPC writes them in one go. */
const MOST_MIB = 4
const MOST_CHARACTERS = MOST_MIB * 1_048_576
/** Queries of one request that run at once. */
const LANES = 8

/** The calls of one request. Mutations run one after the other, in the order in which they were sent. */
export class Batch {
  readonly #lanes: Promise<unknown>[] = Array.from({ length: LANES }, () => Promise.resolve())
  readonly #slices = new Slices()
  #queries = 0
  #characters = 0

  /**
   * Runs one call in its turn.
   *
   * @throws PAYLOAD_TOO_LARGE when the answers are too long together. A call refused for that reason changes nothing.
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
