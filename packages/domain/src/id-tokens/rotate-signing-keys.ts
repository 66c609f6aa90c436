import type { Services } from '../services.ts'

/**
 * Returns the task that adds the next signing key when it is time, and removes old ones.
 *
 * @param warn - receives a sentence for each damaged key, once.
 */
export function rotateSigningKeys(
  { issuer }: Pick<Services, 'issuer'>,
  warn: (sentence: string) => void,
): () => Promise<void> {
  const noticed = new Set<string>()
  return async () => {
    for (const kid of await issuer.rotate()) {
      if (noticed.has(kid)) continue
      noticed.add(kid)
      warn(`the signing key ${kid} is damaged: id tokens signed with it are refused, and another key takes its place`)
    }
  }
}
