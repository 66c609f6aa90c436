const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `1 byte`, `12.4 KiB`. */
export function bytes(count: number): string {
  if (count === 1) return '1 byte'
  const step = count < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(count) / 10))
  const value = count / 1024 ** step
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[step]}`
}
