import type { StoredForm } from '@yardmaster/common'

/** A variable as an operator writes it. Absent flags mean false. */
export interface Variable {
  readonly key: string
  readonly value: string
  readonly masked?: boolean | undefined
  readonly file?: boolean | undefined
  readonly raw?: boolean | undefined
}

/** The stored form of variables. */
export const VARIABLE: StoredForm<Variable> = {
  key: { since: 1 },
  value: { since: 1 },
  masked: { since: 1, absent: undefined },
  file: { since: 1, absent: undefined },
  raw: { since: 1, absent: undefined },
}
