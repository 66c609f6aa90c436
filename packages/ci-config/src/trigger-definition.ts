import type { StoredForm } from '@yardmaster/common'
import type { CompiledJob } from './jobs/compiled-job.ts'
import type { Json } from './yaml/tree.ts'

/** What a trigger job starts instead of a script: a child pipeline. */
export interface TriggerDefinition {
  /** The entries of `trigger:include` as written: texts and maps. They become the child's whole configuration. */
  readonly include: readonly unknown[]
  /**
   * `depend` and `mirror` keep the job running until the child is over, and give it the child's status. Null ends it as
   * soon as the child exists.
   */
  readonly strategy: 'depend' | 'mirror' | null
  /** Whether the child gets the job's own variables, and those of this pipeline. */
  readonly forwardsYamlVariables: boolean
  readonly forwardsPipelineVariables: boolean
}

export const TRIGGER: StoredForm<TriggerDefinition> = {
  include: { since: 3, absent: [] },
  strategy: { since: 3, absent: null, words: { depend: 3, mirror: 3 } },
  forwardsYamlVariables: { since: 3, absent: true },
  forwardsPipelineVariables: { since: 3, absent: false },
}

const isMap = (value: Json | undefined): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Returns what a checked trigger job starts; null for a job with a script. */
export function triggerDefinition({ keywords }: CompiledJob): TriggerDefinition | null {
  const { trigger } = keywords
  if (!isMap(trigger)) return null
  const { include = [], strategy, forward } = trigger
  const forwarded = isMap(forward) ? forward : {}
  return {
    include: (Array.isArray(include) ? include : [include]).filter((entry) => entry !== null),
    strategy: strategy === 'depend' || strategy === 'mirror' ? strategy : null,
    forwardsYamlVariables: forwarded.yaml_variables !== false,
    forwardsPipelineVariables: forwarded.pipeline_variables === true,
  }
}
