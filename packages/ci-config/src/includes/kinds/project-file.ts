import { rubyText } from '../../yaml/ruby-text.ts'
import { List } from '../../yaml/tree.ts'
import type { ProjectFiles, ProjectRefusal } from '../config-source.ts'
import { withoutLeadingSlashes } from '../files-source.ts'
import type { IncludeEntry, Including } from '../include-entry.ts'
import { type Fetched, type FileProblem, IncludedFile, presentText } from '../included-file.ts'
import type { Level } from '../level.ts'

/** A file of another project. */
export class ProjectFile extends IncludedFile {
  readonly keyword = 'project'
  readonly #path: string
  #files: ProjectFiles | null = null

  private constructor(entry: IncludeEntry, location: string, path: string, including: Including) {
    super(entry, location, including)
    this.#path = path
  }

  static open(entry: IncludeEntry, including: Including): ProjectFile | null {
    const location = withoutLeadingSlashes(presentText(entry.keys.get('file')) ?? '')
    const project = entry.keys.get('project') ?? null
    const path = presentText(project instanceof List ? project.items[0] : project)?.toLowerCase() ?? ''
    return location.trim() === '' || path.trim() === '' ? null : new ProjectFile(entry, location, path, including)
  }

  override get name(): string {
    return `${this.#shownPath}: ${this.shown}`
  }

  override get project(): string {
    return this.#path
  }

  get #shownPath(): string {
    return this.including.run.mask(this.#path)
  }

  get #ref(): string | null {
    const ref = this.given('ref')
    return ref === null || ref === false ? null : rubyText(ref)
  }

  override async checkContext(): Promise<FileProblem | null> {
    const { run } = this.including
    const found = await run.wait(async (signal) => run.source.project?.(this.#path, this.#ref, signal) ?? 'unknown')
    if (typeof found === 'string') return { message: this.#refusal(found) }
    this.#files = found
    return null
  }

  #refusal(refusal: ProjectRefusal): string {
    const project = this.#shownPath
    switch (refusal) {
      case 'unknown':
        return (
          `include:project "${project}": no such project here, it has no repository address, ` +
          'and no INCLUDE_PROJECT_BASE is configured.'
        )
      case 'denied':
        return (
          `Project \`${project}\` not found or access denied! ` +
          'Make sure any includes in the pipeline configuration are correctly defined.'
        )
      case 'unreachable':
        return `Project \`${project}\` could not be read: its server does not answer as it should.`
      case 'no-ref':
        return `Project \`${project}\` reference \`${this.including.run.mask(this.#ref ?? 'HEAD')}\` does not exist!`
    }
  }

  async fetch(): Promise<Fetched> {
    const path = String(this.location)
    const text = await this.including.run.wait(async (signal) => (await this.#files?.read(path, signal)) ?? null)
    if (text !== null) return { text }
    return { message: `Project \`${this.#shownPath}\` file \`${this.shown}\` does not exist!` }
  }

  override get emptiness(): string {
    return `Project \`${this.#shownPath}\` file \`${this.shown}\` is empty!`
  }

  override get levelInside(): Level {
    return { ...super.levelInside, files: this.#files }
  }
}
