import type { Scratch } from '../ports.ts'

/** How far a change of many has come. */
export interface Progress {
  readonly done: number
  readonly refused: number
}

/** Longer than a change of many takes. */
const KEPT_MS = 3_600_000

const keyOf = (name: string): string => `bulk:${name}`

/** Notes how far a change has come, for everyone who knows the name that its caller gave it. */
export const noteProgress = (scratch: Pick<Scratch, 'set'>, name: string, { done, refused }: Progress): Promise<void> =>
  scratch.set(keyOf(name), `${done} ${refused}`, KEPT_MS)

/** Returns how far a change has come; nothing is done yet when it is not known. */
export async function readProgress({ scratch }: { scratch: Pick<Scratch, 'get'> }, name: string): Promise<Progress> {
  const [done = 0, refused = 0] = (await scratch.get(keyOf(name)))?.split(' ').map(Number) ?? []
  return { done, refused }
}
