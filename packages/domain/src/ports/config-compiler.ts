import type { ComponentAddress, KnownCommit, Plan, PlanRequest, ProjectRefusal } from '@yardmaster/ci-config'
import type { Result } from '@yardmaster/common'
import type { CompilerBusy } from '../errors.ts'

/** The files of the projects that this server knows. */
export interface KnownFiles {
  /**
   * Returns the commit of a project here; `unknown` when none has the path, or it has no repository.
   *
   * @param ref - a branch, tag or commit; null means the default branch.
   */
  project(path: string, ref: string | null): Promise<KnownCommit | ProjectRefusal>
  /** Returns the project of a component; `unknown` for another host. */
  component(address: ComponentAddress): Promise<KnownCommit | ProjectRefusal>
  /** Returns the text of a file, or null. */
  read(commit: KnownCommit, path: string): Promise<string | null>
  /** Returns the paths of all files; null when they are too many. */
  list(commit: KnownCommit): Promise<readonly string[] | null>
}

/** Compiles configurations. That is work for a processor, so an adapter keeps it away from the event loop. */
export interface ConfigCompiler {
  /**
   * Compiles a configuration and decides which jobs a pipeline of it has. A text that takes too long is refused with an
   * error in the plan. Too many texts at once are refused.
   *
   * @param known - gives the files that the server has; others come from elsewhere.
   */
  plan(request: PlanRequest, known: KnownFiles): Promise<Result<Plan, CompilerBusy>>
}
