/** `1 line`, `2,000 lines`. */
export const count = (value: number, one: string): string =>
  `${value.toLocaleString('en')} ${one}${value === 1 ? '' : 's'}`
