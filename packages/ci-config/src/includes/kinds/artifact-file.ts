import type { ArtifactAnswer } from '../config-source.ts'
import type { IncludeEntry, Including } from '../include-entry.ts'
import { type Fetched, type FileProblem, IncludedFile, presentText } from '../included-file.ts'

/** A file out of the artifacts of a job of the parent pipeline. */
export class ArtifactFile extends IncludedFile {
  readonly keyword = 'artifact'

  static open(entry: IncludeEntry, including: Including): ArtifactFile | null {
    const location = entry.keys.get('artifact')
    return presentText(location) === null ? null : new ArtifactFile(entry, location ?? null, including)
  }

  override async checkContext(): Promise<FileProblem | null> {
    const { run, level } = this.including
    if (!level.hasParent || !run.source.artifact) {
      return { message: 'Including configs from artifacts is only allowed when triggering child pipelines' }
    }
    if (presentText(this.given('job')) === null) {
      return { message: 'Job must be provided when including configs from artifacts' }
    }
    return null
  }

  async fetch(): Promise<Fetched> {
    const { run } = this.including
    const job = presentText(this.given('job')) ?? ''
    const answer = await run.wait(
      async (signal): Promise<ArtifactAnswer> =>
        (await run.source.artifact?.(job, String(this.location), signal)) ?? { missing: 'job' },
    )
    if ('text' in answer) return answer
    if ('error' in answer) return { message: answer.error }
    return { message: `Job \`${run.mask(job)}\` not found in parent pipeline or does not have artifacts!` }
  }

  override get emptiness(): string {
    return `File \`${this.shown}\` is empty!`
  }
}
