import { rubyText } from '../yaml/ruby-text.ts'
import { isBlank, type Value } from '../yaml/tree.ts'
import type { IncludeEntry, Including } from './include-entry.ts'
import type { Level } from './level.ts'

/** The problem with an included file, in a sentence. */
export interface FileProblem {
  readonly message: string
  readonly hint?: string
}

/** A fetched text, or why it is missing. */
export type Fetched = { readonly text: string } | FileProblem

/** Names end like this, with something before. */
const YAML_NAME = /.+\.(?:yml|yaml)$/im

/** One file that is to be included. Kinds of files differ in where they come from, and in what they see. */
export abstract class IncludedFile {
  readonly entry: IncludeEntry
  readonly location: Value
  protected readonly including: Including

  /**
   * @param location - of the entry; anything but a text is refused in `checkLocation`.
   */
  constructor(entry: IncludeEntry, location: Value, including: Including) {
    this.entry = entry
    this.location = location
    this.including = including
  }

  /** The key that names this kind of file. */
  abstract readonly keyword: string

  /** The project whose files count as the same when their locations are; null for files from elsewhere. */
  get project(): string | null {
    return this.including.level.files?.project ?? null
  }

  /** The location as messages show it, without masked values. */
  get shown(): string {
    return this.including.run.mask(rubyText(this.location))
  }

  /** What the file is called in errors: a path, or an address. */
  get name(): string {
    return this.shown
  }

  checkLocation(): FileProblem | null {
    if (typeof this.location !== 'string') return { message: `Included file \`${this.shown}\` needs to be a string` }
    const name = this.location.replace(/\/+$/, '').split('/').at(-1) ?? ''
    return YAML_NAME.test(name) ? null : { message: `Included file \`${this.shown}\` does not have YAML extension!` }
  }

  /** Checks whether files of this kind are available here at all. */
  async checkContext(): Promise<FileProblem | null> {
    return null
  }

  abstract fetch(): Promise<Fetched>

  /** The message for an empty file. */
  get emptiness(): string {
    return `Included file \`${this.shown}\` is empty or does not exist!`
  }

  /** The variables and inputs that the file's own text can use. */
  get level(): Level {
    return this.including.level
  }

  /** What the includes of the file can use. */
  get levelInside(): Level {
    return { ...this.including.level, component: new Map() }
  }

  /** Where the file's own includes stand. */
  get inside(): Including {
    return { run: this.including.run, level: this.levelInside }
  }

  protected given(key: string): Value {
    return this.entry.keys.get(key) ?? null
  }
}

/** A text, or null where the value is nothing or blank. */
export const presentText = (value: Value | undefined): string | null =>
  value === undefined || isBlank(value) ? null : rubyText(value)
