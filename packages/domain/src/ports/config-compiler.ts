import type { Plan, PlanRequest } from '@yardmaster/ci-config'
import type { Result } from '@yardmaster/common'
import type { CompilerBusy } from '../errors.ts'

/** Compiles configurations. That is work for a processor, so an adapter keeps it away from the event loop. */
export interface ConfigCompiler {
  /**
   * Compiles a configuration and decides which jobs a pipeline of it has. A text that takes too long is refused with an
   * error in the plan. Too many texts at once are refused.
   */
  plan(request: PlanRequest): Promise<Result<Plan, CompilerBusy>>
}
