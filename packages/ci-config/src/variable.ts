/** A variable as an operator writes it. Absent flags mean false. */
export interface Variable {
  readonly key: string
  readonly value: string
  readonly masked?: boolean | undefined
  readonly file?: boolean | undefined
  readonly raw?: boolean | undefined
}
