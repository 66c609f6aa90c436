import type { ComponentFacts } from '../inputs/read-text.ts'
import type { ProjectFiles } from './config-source.ts'
import type { KnownVariables } from './known-variables.ts'

/** What an included file sees, and what its own includes see. */
export interface Level {
  /** The files that `local` means; null inside a remote file. */
  readonly files: ProjectFiles | null
  readonly variables: KnownVariables
  readonly component: ComponentFacts
  /** Whether files can come from artifacts of the parent pipeline. */
  readonly hasParent: boolean
}
