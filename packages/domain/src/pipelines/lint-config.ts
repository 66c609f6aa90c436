import type { Plan } from '@yardmaster/ci-config'
import { ok, type Result } from '@yardmaster/common'
import { type ConfigRequest, type PlanPorts, type PlanRefused, planConfig } from './plan-config.ts'

/** What a configuration would make of a pipeline. */
export interface Lint extends Pick<Plan, 'errors' | 'warnings' | 'merged' | 'stages' | 'workflowRules'> {
  /** Whether a pipeline would be created. */
  readonly valid: boolean
  /** What became of each job of the configuration; empty when it does not compile. */
  readonly jobs: Plan['verdicts']
}

/** Compiles a configuration and tells which jobs a pipeline of it would have, and why. Stores nothing. */
export async function lintConfig(ports: PlanPorts, request: ConfigRequest): Promise<Result<Lint, PlanRefused>> {
  const planned = await planConfig(ports, request)
  if (!planned.ok) return planned
  const { errors, warnings, merged, stages, workflowRules, verdicts, outcome } = planned.value.plan
  return ok({ valid: outcome === 'planned', errors, warnings, merged, stages, workflowRules, jobs: verdicts })
}
