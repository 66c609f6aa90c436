import { type Answers, answersOf } from '../load.ts'

/** Does work so many times, `concurrency` at a time. */
export async function inParallel(times: number, concurrency: number, work: () => Promise<unknown>): Promise<Answers> {
  const delays: number[] = []
  const begun = performance.now()
  let left = times
  const workOn = async () => {
    while (left > 0) {
      left -= 1
      const startedAt = performance.now()
      await work()
      delays.push(performance.now() - startedAt)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, workOn))
  return answersOf(delays, performance.now() - begun)
}
