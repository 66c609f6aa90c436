import type { JobScope } from '../ports.ts'

/** Returns the hint of a wake-up for a job: the same text for all jobs that the same runners could take. */
export const encodeScope = ({ projectId, protected: isProtected, tags }: JobScope): string =>
  JSON.stringify([projectId, isProtected, [...new Set(tags)].sort()])

/** Returns what a hint says; null for one of another release. */
export function decodeScope(hint: string): JobScope | null {
  const scope = read(hint)
  if (!Array.isArray(scope)) return null
  const [projectId, isProtected, tags] = scope as unknown[]
  if (!Number.isSafeInteger(projectId) || typeof isProtected !== 'boolean' || !isTexts(tags)) return null
  return { projectId: projectId as number, protected: isProtected, tags }
}

function read(hint: string): unknown {
  try {
    return JSON.parse(hint)
  } catch {
    return null
  }
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')
