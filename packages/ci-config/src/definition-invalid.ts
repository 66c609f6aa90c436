export interface DefinitionInvalid {
  readonly kind: 'definition_invalid'
  /** The path of the field, for example `definition.image.pull_policy`. */
  readonly field: string
  /** What was found and what is allowed, in one sentence. */
  readonly reason: string
}
