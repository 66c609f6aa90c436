export interface DefinitionInvalid {
  readonly kind: 'definition_invalid'
  /** Where, for example `definition.image.pull_policy`. */
  readonly field: string
  /** What was found and what is allowed, as one sentence. */
  readonly reason: string
}
