import type { Plan, PlanRequest } from '@yardmaster/ci-config'

/** Compiles configurations. That is work for a processor, so an adapter keeps it away from the event loop. */
export interface ConfigCompiler {
  /**
   * Compiles a configuration and decides which jobs a pipeline of it has. A text that takes too long is refused with an
   * error in the plan.
   */
  plan(request: PlanRequest): Promise<Plan>
}
