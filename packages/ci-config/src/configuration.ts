import type { Rule } from './entries/rules.ts'
import type { YamlVariable } from './entries/variables.ts'
import type { CompiledJob } from './jobs/compiled-job.ts'
import type { Dict, Json } from './yaml/tree.ts'

/** A configuration that holds together. Which of its jobs a pipeline gets is decided when one is made. */
export interface Configuration {
  /** As listed, `.pre` first and `.post` last. One that is listed twice counts where it stands first. */
  readonly stages: readonly string[]
  readonly variables: readonly YamlVariable[]
  readonly workflow: Workflow
  /** In the order in which they were written; parallel ones by number. */
  readonly jobs: readonly CompiledJob[]
  /** What was compiled, with includes, bases and references put in. */
  readonly merged: Dict
}

export interface Workflow {
  /** Not yet expanded; null when there is none. */
  readonly name: string | null
  /** Null when every pipeline is created. */
  readonly rules: readonly Rule[] | null
  readonly autoCancel: Readonly<Record<string, Json>> | null
}
