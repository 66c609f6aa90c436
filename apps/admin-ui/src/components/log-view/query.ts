/** A search in a log. */
export interface Query {
  readonly text: string
  readonly regex: boolean
  readonly caseSensitive: boolean
}
