const MIB = 1_048_576

/** What a quota is edited as: the shortest number of MiB that stands for exactly these bytes. */
export function quotaText(quota: number | null): string {
  if (quota === null) return ''
  let digits = 0
  while (quotaOf((quota / MIB).toFixed(digits)) !== quota) digits++
  return (quota / MIB).toFixed(digits)
}

export const NO_QUOTA_FOUND = 'A number of MiB, or nothing.'

/** Bytes; null for none, `invalid` for a text that says no number of MiB. */
export function quotaOf(text: string): number | null | 'invalid' {
  if (text.trim() === '') return null
  const quota = Math.round(Number(text) * MIB)
  return quota >= 0 && Number.isSafeInteger(quota) ? quota : 'invalid'
}
