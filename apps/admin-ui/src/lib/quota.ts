const MIB = 1_048_576

/** What a quota is edited as. */
export const quotaText = (quota: number | null): string => (quota === null ? '' : String(quota / MIB))

export const NO_QUOTA_FOUND = 'A number of MiB, or nothing.'

/** Bytes; null for none, `invalid` for a text that says no number of MiB. */
export function quotaOf(text: string): number | null | 'invalid' {
  if (text.trim() === '') return null
  const quota = Math.round(Number(text) * MIB)
  return quota >= 0 && Number.isSafeInteger(quota) ? quota : 'invalid'
}
