import { withoutLeadingSlashes } from '../files-source.ts'
import type { IncludeEntry, Including } from '../include-entry.ts'
import { type Fetched, type FileProblem, IncludedFile, presentText } from '../included-file.ts'
import type { Level } from '../level.ts'

/** A file of the including file's own project and commit. */
export class LocalFile extends IncludedFile {
  readonly keyword = 'local'

  static open(entry: IncludeEntry, including: Including): LocalFile | null {
    const location = withoutLeadingSlashes(presentText(entry.keys.get('local')) ?? '')
    return location.trim() === '' ? null : new LocalFile(entry, location, including)
  }

  override async checkContext(): Promise<FileProblem | null> {
    return this.including.level.files ? null : { message: `Local file \`${this.shown}\` does not have project!` }
  }

  async fetch(): Promise<Fetched> {
    const { run, level } = this.including
    const text = await run.wait(async (signal) => (await level.files?.read(String(this.location), signal)) ?? null)
    if (text !== null) return { text }
    const message = `Local file \`${this.shown}\` does not exist!`
    const sha = run.files.sha
    const hint =
      sha === undefined
        ? 'Files must be sent along with the request, or the project needs a repository address.'
        : `The commit ${sha.slice(0, 8)} has no such file.`
    return level.files === run.files ? { message, hint } : { message }
  }

  override get emptiness(): string {
    return `Local file \`${this.shown}\` is empty!`
  }

  override get levelInside(): Level {
    return this.including.level
  }
}
