import type { Ports } from '../ports.ts'

/**
 * What a sweep does to each of several. One that fails is reported as a failed task and keeps nobody from the others: a
 * damaged record must not stop what every other job waits for.
 *
 * @returns whether all were done.
 */
export async function oneByOne(
  { background }: Pick<Ports, 'background'>,
  ids: readonly number[],
  what: string,
  act: (id: number) => Promise<unknown>,
): Promise<boolean> {
  let all = true
  for (const id of ids) {
    try {
      await act(id)
    } catch (error) {
      all = false
      background.run(`${what} ${id}`, () => Promise.reject(error))
    }
  }
  return all
}
