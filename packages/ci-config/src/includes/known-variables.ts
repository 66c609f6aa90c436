/** A variable that exists before the configuration is read. */
interface KnownVariable {
  readonly value: string
  /** Its value is hidden in messages, and `expand_vars` refuses it. */
  readonly masked?: boolean
  readonly file?: boolean
}

/** Variables of the server, the project, the commit and the pipeline, by name. */
export type KnownVariables = ReadonlyMap<string, KnownVariable>

const REFERENCE = /\$([a-zA-Z_][a-zA-Z0-9_]*)|\$\{([a-zA-Z_][a-zA-Z0-9_]*)\}|%([a-zA-Z_][a-zA-Z0-9_]*)%/g

/** Replaces `$NAME`, `${NAME}` and `%NAME%` once, by what the callback returns for the name. */
export const replaceReferences = (text: string, put: (name: string, reference: string) => string): string =>
  text.replaceAll(REFERENCE, (reference, plain, braced, percent) => put(plain ?? braced ?? percent, reference))

/** Replaces references to variables by their values, and those to unknown ones by nothing. */
export const expandOrRemove = (text: string, variables: KnownVariables): string =>
  replaceReferences(text, (name) => variables.get(name)?.value ?? '')

/** Hides the values of masked variables in a text. */
export function maskValues(text: string, variables: KnownVariables): string {
  let masked = text
  for (const { value, masked: isMasked } of variables.values()) {
    if (isMasked && value.trim() !== '') masked = masked.replaceAll(value, () => '[MASKED]'.padEnd(value.length, 'x'))
  }
  return masked
}
