import type { IncludeEntry, Including } from '../include-entry.ts'
import { type Fetched, type FileProblem, IncludedFile, presentText } from '../included-file.ts'

/** A template that comes with a GitLab server. This one has none. */
export class TemplateFile extends IncludedFile {
  readonly keyword = 'template'

  static open(entry: IncludeEntry, including: Including): TemplateFile | null {
    const location = entry.keys.get('template')
    return presentText(location) === null ? null : new TemplateFile(entry, location ?? null, including)
  }

  override checkLocation(): FileProblem | null {
    const problem = super.checkLocation()
    if (problem || String(this.location).endsWith('.gitlab-ci.yml')) return problem
    return { message: `Template file \`${this.shown}\` is not a valid location!` }
  }

  async fetch(): Promise<Fetched> {
    return {
      message:
        `include:template names a file that only a GitLab server has ("${this.shown}"). ` +
        'Copy the template into the repository and use include:local, or give its address with include:remote.',
    }
  }
}
