const MIB = 1_048_576

/** Returns a quota as text for editing: the shortest number of MiB that means exactly these bytes. */
export function quotaText(quota: number | null): string {
  if (quota === null) return ''
  let digits = 0
  while (quotaOf((quota / MIB).toFixed(digits)) !== quota) digits++
  return (quota / MIB).toFixed(digits)
}

export const NO_QUOTA_FOUND = 'Enter a number of MiB, or leave the field empty.'

/** Returns the quota in bytes, null for no quota, or `invalid` when the text is not a number of MiB. */
export function quotaOf(text: string): number | null | 'invalid' {
  if (text.trim() === '') return null
  const quota = Math.round(Number(text) * MIB)
  return quota >= 0 && Number.isSafeInteger(quota) ? quota : 'invalid'
}
